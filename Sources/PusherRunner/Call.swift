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
        /// Places that it found.
        var places = 0
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

    /// Hands a place that it found on to the host, which is told no more than the ABI's bound of them.
    func found(_ pointer: UnsafePointer<kt_found_place>?) {
        guard let place = received(pointer, atLeast: KT_MIN_SIZE_FOUND_PLACE, kt_found_place()) else { return }
        guard place.fields.length <= UInt64(KT_MAX_PLACE_FIELDS) else { return }
        let isOne = state.change { state in
            state.places += 1
            return state.places <= WirePlace.most
        }
        guard isOne else { return }
        let message = WirePlace(
            place: text(place.place, limit: 2 << 10), fields: text(place.fields),
            keyID: text(place.key_id, limit: 1 << 10), changedAt: text(place.changed_at, limit: 1 << 10))
        // A text that was repaired can have become longer.
        guard message.payload.count <= Frame.limitFromRunner(.place) ?? 0 else { return }
        channel.send(.place, call: id, message: message)
    }

    static func owner(of call: UnsafePointer<kt_call>?) -> Call? {
        call?.pointee.context.map { Unmanaged<Call>.fromOpaque($0).takeUnretainedValue() }
    }
}
