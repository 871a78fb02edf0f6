internal import CKeyturnPusher
internal import CLinux
internal import RunnerProtocol
internal import Synchronization

/// Reads messages on the main thread, and has calls carried out by workers.
final class Server: Sendable {
    /// Calls in progress at once. The host keeps within the manifest's wish; this is the runner's own bound.
    static let callLimit = Int(KT_MAX_CALLS)
    /// The secrets that one message may have before it.
    private static let secretLimit = 2

    private struct State {
        // The plugin's instance: what it points to is the plugin's affair.
        var instance: UnsafeMutableRawPointer?
        var isOpen = false
        var calls: [UInt32: Call] = [:]
    }

    private let library: Library
    private let channel: Channel
    private let workers = Workers(limit: callLimit)
    private let state = Monitor(State())

    init(library: Library, channel: Channel) {
        self.library = library
        self.channel = channel
        HostServices.channel.withLock { $0 = channel }
    }

    /// Serves until the host closes the socket, sends `close`, or breaks the protocol.
    func serve() {
        var secrets: [UInt32: [[UInt8]]] = [:]
        channel.read { frame in
            if frame.kind == .secret {
                guard secrets[frame.call, default: []].count < Self.secretLimit, secrets.count <= Self.callLimit else {
                    return false
                }
                secrets[frame.call, default: []].append(frame.payload)
                return true
            }
            return (try? take(frame, secrets.removeValue(forKey: frame.call) ?? [])) ?? false
        }
        finish()
    }

    private func take(_ frame: Frame, _ secrets: [[UInt8]]) throws(ProtocolError) -> Bool {
        switch frame.kind {
        case .open: open(configuration: secrets.first ?? [])
        case .check, .push, .inspect, .find, .below:
            begin(frame.kind, frame.call, try Operation(payload: frame.payload), secrets.first ?? [])
        case .cancel: state.change { $0.calls[frame.call] }?.cancel()
        case .httpResponse:
            let message = try WireResponse(payload: frame.payload)
            state.change { $0.calls[frame.call] }?.receive(.init(message: message, body: secrets.first ?? []))
        default: return false
        }
        return true
    }

    private func open(configuration: [UInt8]) {
        var configuration = configuration
        defer { wipe(&configuration) }
        let call = Call(id: 0, channel: channel, timeLimit: Int64(KT_OPEN_TIME_MS))
        var instance: UnsafeMutableRawPointer?
        let ended = PluginThread.run {
            call.perform { view in
                lend(configuration) { library.table.open(HostServices.host, view, $0, &instance) }
            }
        }
        var outcome = ended ?? Outcome(code: KT_INTERNAL)
        if ended == nil { outcome.message = "there is no memory for the thread that opens it" }
        let opened = instance
        nonisolated(unsafe) let made = opened
        state.change { state in
            state.instance = made
            state.isOpen = outcome.code == KT_OK
        }
        channel.tellRefusals()
        channel.send(.outcome, call: 0, message: outcome)
    }

    private func begin(_ kind: Frame.Kind, _ id: UInt32, _ operation: Operation, _ secret: [UInt8]) {
        let call = Call(id: id, channel: channel, timeLimit: operation.timeLimit)
        let isOpen = state.change { state in
            if state.isOpen { state.calls[id] = call }
            return state.isOpen
        }
        guard isOpen else { return channel.send(.outcome, call: id, message: Outcome(code: KT_INTERNAL)) }
        workers.run { [self] in
            let outcome = call.perform { perform(kind, operation, secret, $0) }
            state.change { $0.calls[id] = nil }
            channel.tellRefusals(call: id)
            channel.send(.outcome, call: id, message: outcome)
        }
    }

    private func perform(
        _ kind: Frame.Kind, _ operation: Operation, _ secret: [UInt8], _ view: UnsafePointer<kt_call>
    ) -> kt_outcome {
        var secret = secret
        defer { wipe(&secret) }
        nonisolated(unsafe) let instance = state.change { state in
            nonisolated(unsafe) let instance = state.instance
            return instance
        }
        return lend(Array(operation.target.utf8)) { name in
            lend(Array(operation.fields.utf8)) { fields in
                var target = kt_target()
                target.size = size(of: kt_target.self)
                (target.name, target.fields) = (name, fields)
                switch kind {
                case .check: return library.table.check(instance, view, &target)
                case .inspect: return library.table.inspect?(instance, view, &target) ?? KT_UNSUPPORTED
                case .find:
                    return library.find?.around?(instance, view, &target, Call.finder) ?? KT_UNSUPPORTED
                case .below:
                    var scope = kt_scope()
                    scope.size = size(of: kt_scope.self)
                    (scope.name, scope.fields) = (name, fields)
                    return library.find?.below?(instance, view, &scope, Call.finder) ?? KT_UNSUPPORTED
                default:
                    return lend(Array(operation.accessKeyID.utf8)) { id in
                        lend(secret) { secret in
                            var pair = kt_key_pair()
                            pair.size = size(of: kt_key_pair.self)
                            (pair.access_key_id, pair.secret_access_key) = (id, secret)
                            return library.table.push(instance, view, &target, &pair)
                        }
                    }
                }
            }
        }
    }

    private func lend<Result>(_ bytes: [UInt8], _ body: (kt_string) -> Result) -> Result {
        bytes.withUnsafeBytes { raw in
            body(kt_string(data: raw.bindMemory(to: CChar.self).baseAddress, length: UInt64(raw.count)))
        }
    }

    /// Calls in progress are asked to stop, and get a moment; then the instance is closed.
    private func finish() {
        state.change { $0.calls.values.forEach { $0.cancel() } }
        guard workers.drain(until: monotonicMilliseconds() + Int64(KT_CANCEL_TIME_MS)) else { return }
        let opened = state.change { state in
            nonisolated(unsafe) let instance = state.instance
            defer { state.isOpen = false }
            return (isOpen: state.isOpen, instance: instance)
        }
        guard opened.isOpen else { return }
        // On a thread, as open was. The host waits for the end of the process, and not for ever.
        _ = PluginThread.run { library.table.close(opened.instance) }
    }
}
