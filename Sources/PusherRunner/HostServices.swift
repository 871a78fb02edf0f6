internal import CKeyturnPusher
internal import Glibc
internal import RunnerProtocol
internal import Synchronization

/// What a plugin may ask of the host, as the C structs of the ABI. Made once, and there for ever.
enum HostServices {
    /// For log lines that belong to no call.
    static let channel = Mutex<Channel?>(nil)

    nonisolated(unsafe) static let host = forever(kt_host()) { host in
        host.size = size(of: kt_host.self)
        host.abi_minor = UInt32(KT_ABI_MINOR)
        host.service = { _, id in
            switch text(id, limit: 64) {
            case KT_SERVICE_HTTP_1: UnsafeRawPointer(HostServices.http)
            case KT_SERVICE_AWS_1: UnsafeRawPointer(HostServices.aws)
            case KT_SERVICE_LOG_1: UnsafeRawPointer(HostServices.log)
            case KT_SERVICE_SECRET_1: UnsafeRawPointer(HostServices.secret)
            case KT_SERVICE_CLOCK_1: UnsafeRawPointer(HostServices.clock)
            default: nil
            }
        }
    }

    nonisolated(unsafe) private static let http = forever(kt_http()) { http in
        http.size = size(of: kt_http.self)
        http.send = { call, request in
            guard let owner = Call.owner(of: call) else { return HostServices.noCall }
            return UnsafePointer(owner.send(request))
        }
    }

    nonisolated(unsafe) private static let aws = forever(kt_aws()) { aws in
        aws.size = size(of: kt_aws.self)
        aws.send = { call, request in
            guard let owner = Call.owner(of: call) else { return HostServices.noCall }
            return UnsafePointer(owner.send(request))
        }
    }

    nonisolated(unsafe) private static let noCall = UnsafePointer(
        LentResponse(
            WireResponse(number: 0, error: KT_HTTP_REFUSED, errorText: "the request belongs to no call"), body: []
        ).response)

    nonisolated(unsafe) private static let log = forever(kt_log()) { log in
        log.size = size(of: kt_log.self)
        log.write = { call, level, line in
            let owner = Call.owner(of: call)
            let channel = owner?.channel ?? HostServices.channel.withLock { $0 }
            channel?.send(
                .log, call: owner?.id ?? 0, message: LogLine(level: level, text: text(line, limit: Call.textLimit)))
        }
    }

    nonisolated(unsafe) private static let secret = forever(kt_secret()) { secret in
        secret.size = size(of: kt_secret.self)
        secret.allocate = { length in
            guard length <= KT_MAX_SECRET_MEMORY, let memory = calloc(max(Int(length), 1), 1) else { return nil }
            // Where locking is not allowed the memory is still wiped.
            mlock(memory, Int(length))
            return memory
        }
        secret.release = { memory, length in
            guard let memory else { return }
            explicit_bzero(memory, Int(length))
            munlock(memory, Int(length))
            free(memory)
        }
        secret.wipe = { memory, length in
            if let memory { explicit_bzero(memory, Int(length)) }
        }
    }

    nonisolated(unsafe) private static let clock = forever(kt_clock()) { clock in
        clock.size = size(of: kt_clock.self)
        clock.now_ms = {
            var moment = timespec()
            clock_gettime(CLOCK_REALTIME, &moment)
            return Int64(moment.tv_sec) * 1_000 + Int64(moment.tv_nsec) / 1_000_000
        }
        clock.remaining_ms = { call in
            guard let owner = Call.owner(of: call) else { return 0 }
            return max(0, owner.deadline - monotonicMilliseconds())
        }
        clock.cancelled = { call in Call.owner(of: call)?.isOver == false ? 0 : 1 }
        clock.sleep_ms = { call, milliseconds in
            guard let owner = Call.owner(of: call) else { return 1 }
            let longest = Int64(KT_MAX_SLEEP_MS)
            let end = min(owner.deadline, monotonicMilliseconds() + max(0, min(milliseconds, longest)))
            _ = owner.state.wait(until: end) { $0.isCancelled ? true : nil }
            return owner.isOver ? 1 : 0
        }
    }

    /// Memory that is never freed, filled once.
    private static func forever<Value>(_ zero: Value, _ fill: (inout Value) -> Void) -> UnsafePointer<Value> {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        memory.initialize(to: zero)
        fill(&memory.pointee)
        return UnsafePointer(memory)
    }
}
