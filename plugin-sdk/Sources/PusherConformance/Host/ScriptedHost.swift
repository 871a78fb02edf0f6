internal import CKeyturnPusher
internal import Synchronization

/// A host made of a script: its services answer at once, and keep what they were asked.
final class ScriptedHost: Sendable {
    /// Where it differs from the ordinary one.
    struct Shape: Sendable {
        /// Services that it lacks.
        var missing: Set<String> = []
        /// Bytes behind the fields that the plugin knows, in every struct: a host of years to come.
        var extra = 0
        var abiMinor = UInt32(KT_ABI_MINOR)
        var lending = Lender.Mode.poisoned
        var sleepsReally = false
    }

    private struct State {
        var next: UInt = 1
        var calls: [UInt: HostCall] = [:]
        var logs: [String] = []
        var violations: [String] = []
    }

    static let services = [
        KT_SERVICE_HTTP_1, KT_SERVICE_AWS_1, KT_SERVICE_LOG_1, KT_SERVICE_SECRET_1, KT_SERVICE_CLOCK_1,
    ]
    /// 2026-11-22T10:00:00Z, so that fixtures can name times.
    static let time: Int64 = 1_795_341_600_000
    private static let logLimit = 10_000

    /// C's function pointers carry no context, and some services are given none. One host at a time.
    static let current = Mutex<ScriptedHost?>(nil)

    let shape: Shape
    // Static memory, as the ABI promises: written here and never again.
    nonisolated(unsafe) let host: UnsafePointer<kt_host>
    nonisolated(unsafe) private let tables: [String: UnsafeRawPointer]
    private let state = Mutex(State())

    init(_ shape: Shape = Shape()) {
        self.shape = shape
        // Fenced: a table may be shorter than the plugin thinks.
        let lender = Lender(.fenced)
        func place<Struct>(_ value: Struct) -> UnsafePointer<Struct> {
            lender.place(value, size: MemoryLayout<Struct>.size + shape.extra)
        }
        var tables = [
            KT_SERVICE_HTTP_1: UnsafeRawPointer(place(ServiceTables.http)),
            KT_SERVICE_AWS_1: UnsafeRawPointer(place(ServiceTables.aws)),
            KT_SERVICE_LOG_1: UnsafeRawPointer(place(ServiceTables.log)),
            KT_SERVICE_SECRET_1: UnsafeRawPointer(place(ServiceTables.secret)),
            KT_SERVICE_CLOCK_1: UnsafeRawPointer(place(ServiceTables.clock)),
        ]
        for name in shape.missing { tables[name] = nil }
        self.tables = tables
        host = place(
            kt_host(
                size: 0, abi_minor: shape.abiMinor, context: nil,
                service: { _, id in ScriptedHost.current.withLock { $0 }?.table(text(id, limit: 64)) }))
        // Valid as long as the library is loaded, which is as long as the process runs.
        _ = Unmanaged.passRetained(lender)
        Self.current.withLock { $0 = self }
    }

    var logs: [String] { state.withLock { $0.logs } }
    var violations: [String] { state.withLock { $0.violations } }

    private func table(_ id: String) -> UnsafeRawPointer? { tables[id] }

    func log(_ call: UnsafePointer<kt_call>?, _ line: String) {
        if call != nil { _ = self.call(call, "kt_log.write") }
        state.withLock { if $0.logs.count < Self.logLimit { $0.logs.append(line) } }
    }

    /// The call that the plugin names; nil, and remembered, where it is none that is in progress.
    func call(_ view: UnsafePointer<kt_call>?, _ function: String) -> HostCall? {
        let number = view.map { UInt(bitPattern: $0.pointee.context) } ?? 0
        return state.withLock { state in
            if let call = state.calls[number] { return call }
            state.violations.append("\(function) was called for a call that is not in progress")
            return nil
        }
    }

    /// Carries out one call: `body` is given the call as the plugin sees it.
    func perform(
        _ world: World, limit: Int64 = 30_000, began: (HostCall) -> Void = { _ in },
        _ body: (UnsafePointer<kt_call>, Lender) -> kt_outcome
    ) -> Ending {
        let lender = Lender(shape.lending)
        let call = HostCall(world: world, limit: limit, shape: shape, lender: lender)
        let number = state.withLock { state in
            defer { state.next += 1 }
            state.calls[state.next] = call
            return state.next
        }
        let view = lender.place(
            kt_call(
                size: 0, reserved: 0, context: UnsafeMutableRawPointer(bitPattern: number),
                report: { view, report in
                    guard let host = ScriptedHost.current.withLock({ $0 }), let report else { return }
                    host.call(view, "kt_call.report")?.report(report)
                }), size: MemoryLayout<kt_call>.size + shape.extra)
        began(call)
        let start = milliseconds()
        let outcome = body(view, lender)
        let elapsed = milliseconds() - start
        state.withLock { $0.calls[number] = nil }
        lender.takeBack()
        return call.state.withLock { state in
            Ending(
                outcome: outcome, report: state.report, requests: state.requests, places: state.places,
                scopes: state.scopes, gaps: state.gaps,
                elapsed: elapsed,
                violations: state.violations)
        }
    }

    /// The size of a struct that this host lends.
    func size<Struct>(of type: Struct.Type) -> Int { MemoryLayout<Struct>.size + shape.extra }
}

/// How a call ended.
struct Ending: Sendable {
    var outcome: kt_outcome
    var report: HostCall.Report?
    var requests: [Request]
    /// What `find` reported.
    var places: [FoundPlace]
    var scopes: [FoundScope]
    var gaps: [FoundGap]
    /// Milliseconds.
    var elapsed: Int64
    var violations: [String]

    /// Whether the plugin says that the target holds the pair.
    var isOK: Bool { outcome == KT_OK || outcome == KT_UNCHANGED }
    var message: String { report?.message ?? "" }
    /// Writes that the service itself, not a fault in its place, said yes to.
    var acceptedWrites: Int { requests.filter { $0.isWrite && !$0.isFaulted && $0.answer.isYes }.count }

    /// For a sentence: `KT_RETRYABLE (the message)`.
    var described: String { outcomeName(outcome) + (message.isEmpty ? "" : " (\(quoted(message, limit: 400)))") }
}
