internal import CKeyturnPusher
internal import Glibc
internal import Synchronization

/// The host's side of the ABI: C functions, which find the call through its context.
enum ServiceTables {
    static var http: kt_http {
        kt_http(
            size: 0, reserved: 0,
            send: { view, request in
                guard let call = currentHost()?.call(view, "kt_http.send") else { return ServiceTables.refusal }
                return call.send(request)
            })
    }

    static var aws: kt_aws {
        kt_aws(
            size: 0, reserved: 0,
            send: { view, request in
                guard let call = currentHost()?.call(view, "kt_aws.send") else { return ServiceTables.refusal }
                return call.send(request)
            })
    }

    static var log: kt_log {
        kt_log(size: 0, reserved: 0, write: { view, _, line in currentHost()?.log(view, text(line, limit: 64 << 10)) })
    }

    static var secret: kt_secret {
        kt_secret(
            size: 0, reserved: 0,
            allocate: { length in length <= 16 << 20 ? calloc(max(Int(length), 1), 1) : nil },
            release: { memory, length in
                guard let memory else { return }
                memset(memory, 0xDD, Int(length))
                free(memory)
            },
            wipe: { memory, length in if let memory { memset(memory, 0, Int(length)) } })
    }

    static var clock: kt_clock {
        kt_clock(
            size: 0, reserved: 0, now_ms: { ScriptedHost.time + milliseconds() - ServiceTables.start },
            remaining_ms: { currentHost()?.call($0, "kt_clock.remaining_ms")?.remaining ?? 0 },
            cancelled: { currentHost()?.call($0, "kt_clock.cancelled")?.shouldEnd == false ? 0 : 1 },
            sleep_ms: { currentHost()?.call($0, "kt_clock.sleep_ms")?.sleep($1) ?? 1 })
    }

    private static let start = milliseconds()

    /// The answer to a request that belongs to no call.
    nonisolated(unsafe) private static let refusal: UnsafePointer<kt_http_response> = {
        let memory = UnsafeMutablePointer<kt_http_response>.allocate(capacity: 1)
        var response = kt_http_response()
        response.size = UInt32(MemoryLayout<kt_http_response>.size)
        response.error = KT_HTTP_REFUSED
        memory.initialize(to: response)
        return UnsafePointer(memory)
    }()
}

private func currentHost() -> ScriptedHost? { ScriptedHost.current.withLock { $0 } }
