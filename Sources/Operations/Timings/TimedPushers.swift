internal import Engine
internal import Rotation
internal import Secrets

/// Times each call of a pusher, from the moment that it waits for its turn.
struct TimedPushers: PushService {
    let pushers: any PushService
    let timings: Timings

    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        let end = timings.begin("\(Self.pusher(target)): push")
        pushers.push(pair, to: target, isFinishing: isFinishing, under: tenure, timeout: timeout) { result in
            end()
            answer(result)
        }
    }

    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        let end = timings.begin("\(Self.pusher(target)): check")
        pushers.refusal(of: target, timeout: timeout) { refusal in
            end()
            answer(refusal)
        }
    }

    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) {
        let end = timings.begin("\(Self.pusher(target)): inspect")
        pushers.inspect(target, timeout: timeout) { id in
            end()
            answer(id)
        }
    }

    /// The name of a target begins with its pusher's.
    private static func pusher(_ target: TargetName) -> Substring { target.rawValue.prefix { $0 != ":" } }
}
