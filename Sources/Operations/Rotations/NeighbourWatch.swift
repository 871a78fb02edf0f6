internal import AWS
internal import Configuration
internal import Engine
internal import PusherHost
internal import Rotation
internal import Secrets
internal import Synchronization

/// Looks around each target before a rotation begins: a place that holds the user's key and that no target names would be left with
/// a dead key, so the rotation does not begin.
final class NeighbourWatch: PushService {
    /// The longest that looking around one target may take.
    private static let timeLimit: Duration = .seconds(30)
    /// How long it is believed that there is nothing around a target: a rotation that has to wait asks again and again.
    private static let belief: Duration = .seconds(600)

    private let pushers: HostedPushers
    private let neighbourhood: Neighbourhood
    /// The keys of each target's user.
    private let keys: [TargetName: @Sendable () async -> Set<String>]
    /// Until when it is believed that there is nothing around a target.
    private let quietUntil = Mutex<[TargetName: ContinuousClock.Instant]>([:])

    init(
        _ pushers: HostedPushers, neighbourhood: Neighbourhood, keys: [TargetName: @Sendable () async -> Set<String>]
    ) { (self.pushers, self.neighbourhood, self.keys) = (pushers, neighbourhood, keys) }

    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) { pushers.push(pair, to: target, isFinishing: isFinishing, under: tenure, timeout: timeout, answer: answer) }

    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) { pushers.inspect(target, timeout: timeout, answer: answer) }

    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        pushers.refusal(of: target, timeout: timeout) { [self] found in
            guard case .ended(nil) = found, let keys = keys[target], !isQuiet(target),
                let place = pushers.targets[target]
            else {
                return answer(found)
            }
            pushers.host.call(.find, place, timeout: Self.timeLimit) { [self] report in
                guard let report else { return answer(.notBegun) }
                // A pusher that cannot look around, or cannot at the moment, holds no one up.
                let strays = neighbourhood.unnamed(report.found.places, around: place)
                guard !strays.isEmpty else {
                    if report.outcome == .ok { quietUntil.withLock { $0[target] = .now + Self.belief } }
                    return answer(.ended(nil))
                }
                Task { answer(.ended(Neighbourhood.refusal(strays, of: await keys()))) }
            }
        }
    }

    private func isQuiet(_ target: TargetName) -> Bool {
        quietUntil.withLock { ($0[target] ?? .now) > .now }
    }
}

extension ServiceFactory {
    /// The pushers, with a look around each target before a rotation begins.
    func makeNeighbourWatch(_ host: PusherHost, _ users: [ConfiguredUser], _ accounts: Accounts) -> NeighbourWatch {
        var keys: [TargetName: @Sendable () async -> Set<String>] = [:]
        for user in users {
            let iam = accounts.iam(loaded.account(of: user))
            let name = user.userName
            for target in user.targets {
                keys[target.name] = {
                    let found = (try? await iam.listAccessKeys(of: name)) ?? []
                    return Set(found.map(\.id.rawValue))
                }
            }
        }
        let targets = users.flatMap(\.targets).map { ($0.name, PusherTarget($0)) }
        let pushers = HostedPushers(host: host, targets: Dictionary(targets) { first, _ in first })
        return NeighbourWatch(pushers, neighbourhood: Neighbourhood(loaded), keys: keys)
    }
}
