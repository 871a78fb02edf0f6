/// A call that a runner has. Only the loop's thread touches it.
final class ActiveCall {
    let call: PusherCall
    let deadline: ContinuousClock.Instant
    var isCancelled = false
    /// Requests in progress.
    var requests: [Int64: RunnerLoop.Request] = [:]
    /// Requests that it has made.
    private var requestCount = 0
    /// Bytes of them.
    private var requestBytes = 0
    var reservation: Pace.Reservation
    /// Requests that the service's limits hold back.
    var held: [HeldRequest] = []
    /// What the host saw of it.
    var witness: Witness
    /// What a `find` or `below` call found.
    var found = Found()
    /// Whether a request that writes was answered with anything but a no.
    var hasWritten = false
    /// What the host knows of a failure and the plugin does not, for the operator.
    var note: String?
    /// The service's own ID of the last request that was answered.
    var requestID: String?

    /// Takes up a request of that many bytes.
    ///
    /// - Returns: why it is not sent; nil: it may be.
    func take(bytes: Int) -> String? {
        requestCount += 1
        requestBytes += bytes
        if requestCount > PusherLimits.requestsPerCall {
            return "more than \(PusherLimits.requestsPerCall) requests in one call"
        }
        if requestBytes > PusherLimits.requestBytesPerCall {
            return "more than \(PusherLimits.requestBytesPerCall >> 20) MiB of requests in one call"
        }
        if requests.count >= PusherLimits.requestsAtOncePerCall { return "more requests at once than a call may have" }
        return nil
    }

    /// Whether something may be written at the target, although the pusher did not say so.
    var mayHaveWritten: Bool {
        let unsent = Set(held.map(\.key.number))
        return hasWritten || requests.contains { $0.value.isWriting && !unsent.contains($0.key) }
    }

    init(call: PusherCall, deadline: ContinuousClock.Instant, reservation: Pace.Reservation) {
        self.call = call
        self.deadline = deadline
        self.reservation = reservation
        witness = Witness(keyID: call.question.keyID)
    }
}

/// A request that waits until it may go.
struct HeldRequest {
    var request: OutgoingRequest
    var key: RunnerLoop.Request
    var until: ContinuousClock.Instant
}
