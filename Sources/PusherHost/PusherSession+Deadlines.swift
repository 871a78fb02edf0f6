internal import RunnerProtocol

/// What is late, and what becomes of it.
extension PusherSession {
    /// How long a runner stays without work: memory and time on the processor are for those who push.
    private static let idleLimit: Duration = .seconds(10)

    /// The next moment at which something is late.
    var nextDeadline: ContinuousClock.Instant? {
        let closed = closing.map(\.deadline).min()
        guard let next = nextDeadlineOfRunner else { return closed }
        return closed.map { min($0, next) } ?? next
    }

    private var nextDeadlineOfRunner: ContinuousClock.Instant? {
        guard let runner else { return nil }
        if runner.stage != .ready { return min(runner.startDeadline, runner.nextCount) }
        if runner.calls.isEmpty {
            return min(runner.idleSince + Self.idleLimit, nextPush ?? .now + Self.idleLimit, runner.nextCount)
        }
        var next = min(nextPush ?? runner.nextCount, runner.nextCount)
        for active in runner.calls.values {
            let end = active.isCancelled ? active.deadline + PusherLimits.cancelTime : active.deadline
            next = min(next, end)
            for held in active.held { next = min(next, held.until) }
        }
        return next
    }

    func endLateCalls() {
        let now = ContinuousClock.now
        endClosing(at: now)
        guard let runner else { return }
        if now >= runner.nextCount, !settings.admitted.grants.programs {
            guard runner.threads ?? 0 <= PusherLimits.threads else {
                return lose { _ in "it had more than \(PusherLimits.threads) threads, and was ended" }
            }
        }
        if now >= runner.nextCount { runner.nextCount = now + PusherLimits.threadsInterval }
        if runner.stage != .ready {
            if now >= runner.startDeadline {
                lose { _ in "it did not open within \(PusherLimits.openTime.components.seconds) s" }
            }
            return
        }
        if runner.calls.isEmpty, now >= runner.idleSince + Self.idleLimit || hasHadPairsLongEnough(runner) {
            self.runner = nil
            retire(runner)
            closeConnections()
            return
        }
        if runner.backlog > PusherLimits.backlog {
            return lose { _ in "it does not take the answers that it asked for" }
        }
        for (id, active) in runner.calls where now >= active.deadline {
            if !active.isCancelled {
                active.isCancelled = true
                cancelRequests(of: active)
                runner.send(.cancel, call: id)
            } else if now >= active.deadline + PusherLimits.cancelTime {
                return lose { _ in "it did not answer in time, nor stop when asked to" }
            }
        }
    }
}
