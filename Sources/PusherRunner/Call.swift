internal import CKeyturnPusher
internal import RunnerProtocol

/// One call into the plugin: what it asked for, what it reported, and the memory that it borrows until it returns.
final class Call: Sendable {
    /// Requests that one call may make.
    static let requestLimit = Int64(KT_MAX_REQUESTS)
    /// The bytes of a text for people. The host looks for secrets in it and cuts it after that.
    static let textLimit = 64 << 10
    /// The bytes of a key ID or a time.
    static let shortTextLimit = 4 << 10

    struct Reply {
        var message: WireResponse
        var body: [UInt8]
    }

    struct State {
        var isCancelled = false
        var report: Outcome?
        var requests: Int64 = 0
        /// What it has found.
        var found = FoundCounts()
        var replies: [Int64: Reply] = [:]
        /// What was lent to the plugin, freed when the call ends.
        var lent: [LentResponse] = []
    }

    let id: UInt32
    let channel: Channel
    /// In milliseconds of the monotonic clock.
    let deadline: Int64
    let state = Monitor(State())

    init(id: UInt32, channel: Channel, timeLimit: Int64) {
        self.id = id
        self.channel = channel
        deadline = monotonicMilliseconds() + max(0, min(timeLimit, 24 * 3_600_000))
    }

    var isOver: Bool { state.change { $0.isCancelled } || monotonicMilliseconds() >= deadline }

    func cancel() { state.change { $0.isCancelled = true } }

    func receive(_ reply: Reply) {
        state.change { state in
            guard reply.message.number >= 1, reply.message.number <= state.requests else { return }
            state.replies[reply.message.number] = reply
        }
    }

    /// The number of the next request; nil: no more are allowed.
    func nextRequest() -> Int64? {
        state.change { state in
            guard state.requests < Self.requestLimit else { return nil }
            state.requests += 1
            return state.requests
        }
    }

    /// Waits for the answer to a request; nil: cancelled. The host ends requests at the call's deadline itself.
    func awaitReply(_ number: Int64) -> Reply? {
        let answer: Reply?? = state.wait(until: deadline + 1_000) { state in
            if let reply = state.replies.removeValue(forKey: number) { return .some(reply) }
            return state.isCancelled ? .some(nil) : nil
        }
        return answer ?? nil
    }

    /// Calls `body` with the call as the plugin sees it, and gives what it reported.
    func perform(_ body: (UnsafePointer<kt_call>) -> kt_outcome) -> Outcome {
        var view = kt_call()
        view.size = size(of: kt_call.self)
        view.context = Unmanaged.passUnretained(self).toOpaque()
        view.report = { call, report in Call.owner(of: call)?.keep(report) }
        let code = withUnsafePointer(to: &view, body)
        return state.change { state in
            state.lent.forEach { $0.release() }
            state.lent = []
            var outcome = state.report ?? Outcome(code: code)
            outcome.code = code
            return outcome
        }
    }

    private func keep(_ pointer: UnsafePointer<kt_report>?) {
        guard let report = received(pointer, atLeast: KT_MIN_SIZE_REPORT, kt_report()) else { return }
        var outcome = Outcome(code: 0)
        outcome.evidence = report.evidence
        outcome.retryAfter = report.retry_after_ms
        outcome.message = text(report.message, limit: Self.textLimit)
        outcome.keyID = text(report.key_id, limit: Self.shortTextLimit)
        outcome.changedAt = text(report.changed_at, limit: Self.shortTextLimit)
        let kept = outcome
        state.change { $0.report = kept }
    }

    static func owner(of call: UnsafePointer<kt_call>?) -> Call? {
        call?.pointee.context.map { Unmanaged<Call>.fromOpaque($0).takeUnretainedValue() }
    }
}
