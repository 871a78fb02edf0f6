import Engine
import Rotation
import Secrets
import Synchronization

/// Targets in memory. What a target does is a function of how often it was pushed to.
final class FakePushers: PushService {
    /// How a push goes.
    enum Behaviour: Sendable {
        case confirms
        case fails(PushResult.Outcome)
        /// No answer within the time of the call.
        case hangs
        /// The target is written, and no one hears of it.
        case forgets
        /// Confirms after a while.
        case confirmsLate(Duration)
        /// Is not begun, since the process is to stop.
        case isNotBegun
    }

    private struct State {
        var held: [TargetName: String] = [:]
        var pushes: [(target: TargetName, key: String, at: Timestamp)] = []
        var behaviours: [TargetName: Behaviour] = [:]
        var onPush: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())
    private let clock: VirtualClock

    init(_ clock: VirtualClock) { self.clock = clock }

    func set(_ behaviour: Behaviour, for target: TargetName) { state.withLock { $0.behaviours[target] = behaviour } }

    /// Done in the middle of every push.
    func onPush(_ body: @escaping @Sendable () async -> Void) { state.withLock { $0.onPush = body } }

    /// The key that a target holds.
    func held(_ target: TargetName) -> String? { state.withLock { $0.held[target] } }

    /// The keys of the pushes to a target.
    func pushes(to target: TargetName) -> [String] {
        state.withLock { $0.pushes.filter { $0.target == target }.map(\.key) }
    }

    /// When a target was pushed to.
    func times(of target: TargetName) -> [Timestamp] {
        state.withLock { $0.pushes.filter { $0.target == target }.map(\.at) }
    }

    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        Task { answer(await push(pair, to: target, timeout: timeout).map { .ended($0) } ?? .notBegun) }
    }

    private func push(_ pair: KeyPair, to target: TargetName, timeout: Duration) async -> PushResult? {
        let now = clock.now
        let (behaviour, onPush) = state.withLock { state in
            state.pushes.append((target, pair.id.rawValue, now))
            return (state.behaviours[target] ?? .confirms, state.onPush)
        }
        await onPush?()
        switch behaviour {
        case .confirms:
            state.withLock { $0.held[target] = pair.id.rawValue }
            return PushResult(.ok, evidence: .readBack, message: "read back")
        case .fails(let outcome): return PushResult(outcome, message: "no")
        case .hangs:
            await clock.wait(until: clock.now + timeout)
            return PushResult(.timedOut, message: "no answer in time")
        case .confirmsLate(let delay):
            await clock.sleep(until: clock.now + delay)
            state.withLock { $0.held[target] = pair.id.rawValue }
            return PushResult(.ok, evidence: .readBack, message: "read back")
        case .isNotBegun:
            // As the host does it: when it is asked to stop, not before.
            await Task { await clock.sleep(until: clock.now + .seconds(1)) }.value
            return nil
        case .forgets:
            state.withLock { $0.held[target] = pair.id.rawValue }
            return PushResult(.unknown, message: "the pusher crashed")
        }
    }

    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        answer(.ended(nil))
    }

    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) {
        let holding = held(target).map { TargetInspection.Holding.key(AccessKeyID($0)) }
        answer(.ended(.seen(TargetInspection(holding ?? .unsupported))))
    }
}
