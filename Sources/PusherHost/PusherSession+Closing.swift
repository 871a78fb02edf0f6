internal import Rotation
internal import RunnerProtocol

/// A runner that was asked to close its pusher and to end, and has until then.
struct ClosingRunner {
    var runner: RunnerProcess
    var deadline: ContinuousClock.Instant
}

/// The orderly end of a runner: `close()` is called, and gets a bounded time. Whatever matters is in the service by then.
extension PusherSession {
    /// Runners that may be closing at a time. Another one is ended at once.
    private static let closingLimit = 4

    /// Ends a runner that has nothing to do. It is asked to close; ``endClosing(at:)`` sees to it that it ends.
    func retire(_ runner: RunnerProcess) {
        guard runner.stage == .ready, runner.calls.isEmpty, closing.count < Self.closingLimit else {
            _ = runner.end()
            return
        }
        runner.send(.close)
        runner.flush()
        closing.append(ClosingRunner(runner: runner, deadline: .now + PusherLimits.closeTime))
    }

    /// Takes what a closing runner still says, and shows none of it: the pairs that it was given are forgotten here, so that they
    /// could not be found in it.
    func receiveClosing(_ runner: RunnerProcess) {
        runner.flush()
        guard !runner.discard() else { return }
        closing.removeAll { $0.runner === runner }
        let ending = runner.end()
        if ending != RunnerProcess.orderly { log(.warning, nil, "its process \(ending) in close()") }
    }

    /// Ends what had its time.
    func endClosing(at now: ContinuousClock.Instant) {
        for late in closing where now >= late.deadline {
            _ = late.runner.end()
            let seconds = PusherLimits.closeTime.components.seconds
            log(.warning, nil, "close() did not return within \(seconds) s; its process was ended")
        }
        closing.removeAll { now >= $0.deadline }
    }
}
