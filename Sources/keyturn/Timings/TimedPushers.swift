internal import Engine
internal import PusherHost
internal import Rotation
internal import Secrets

/// Times each call of a pusher, from the moment that it waits for its turn.
struct TimedPushers: PushService {
    let pushers: any PushService
    let timings: Timings

    func push(
        _ pair: KeyPair, to target: PusherTarget, isFinishing: Bool, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        let end = timings.begin("\(target.pusher): push")
        pushers.push(pair, to: target, isFinishing: isFinishing, timeout: timeout) { result in
            end()
            answer(result)
        }
    }

    func refusal(
        of target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        let end = timings.begin("\(target.pusher): check")
        pushers.refusal(of: target, timeout: timeout) { refusal in
            end()
            answer(refusal)
        }
    }

    func inspect(
        _ target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) {
        let end = timings.begin("\(target.pusher): inspect")
        pushers.inspect(target, timeout: timeout) { id in
            end()
            answer(id)
        }
    }
}
