internal import AWS
internal import Configuration
internal import Engine
internal import JSON
internal import JSONSchema
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
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) { pushers.push(pair, to: target, isFinishing: isFinishing, timeout: timeout, answer: answer) }

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
                // A pusher that cannot look around, or cannot at the moment, holds nobody up.
                let strays = neighbourhood.unnamed(report.places, around: place)
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

/// The places that the configuration knows.
struct Neighbourhood: Sendable {
    /// By plugin and endpoint: the fields of each target, defaults included.
    private var named: [String: [[String: String]]] = [:]
    /// Plugin and endpoint of each pusher.
    private var services: [String: String] = [:]
    /// Places that may hold another key, as they are shown: `gitlab:acme/app (scope staging), variable AWS_ACCESS_KEY_ID`.
    private let acknowledged: Set<String>

    init(_ workspace: Workspace) {
        acknowledged = Set(workspace.configuration.acknowledged.map(\.place))
        for pusher in workspace.pushers {
            services[pusher.name] = "\(pusher.plugin) \(pusher.endpoint ?? "")"
        }
        for target in workspace.users.flatMap(\.targets) {
            guard let service = services[target.pusher] else { continue }
            named[service, default: []].append(Self.fields(of: target, workspace))
        }
    }

    /// A target's fields as texts, with the manifest's defaults.
    private static func fields(of target: ConfiguredTarget, _ workspace: Workspace) -> [String: String] {
        let plugin = workspace.pushers.first { $0.name == target.pusher }.flatMap { workspace.plugins[$0.plugin] }
        var fields: [String: String] = [:]
        for (name, property) in plugin?.manifest.target.properties ?? [:] {
            if let standard = property["default"] { fields[name] = standard.string ?? standard.text }
        }
        for (name, value) in (try? JSONValue(parsing: target.fields))?.object ?? [:] {
            fields[name] = value.string ?? value.text
        }
        return fields
    }

    /// A place that no target names, as it is shown.
    struct Stray: Hashable, Sendable {
        var name: String
        var keyID: String
    }

    func unnamed(_ places: [FoundPlace], around target: PusherTarget) -> [Stray] {
        let targets = services[target.pusher].flatMap { named[$0] } ?? []
        return places.compactMap { place in
            guard let id = place.keyID else { return nil }
            let isNamed = targets.contains { fields in
                place.fields.allSatisfy { (fields[$0.key] ?? "").lowercased() == $0.value.lowercased() }
            }
            let name = "\(target.pusher):\(place.place)"
            return isNamed || acknowledged.contains(name) ? nil : Stray(name: name, keyID: id)
        }
    }

    /// Why a rotation does not begin; nil: none of the places holds a key of the user.
    static func refusal(_ strays: [Stray], of keys: Set<String>) -> String? {
        guard let stray = strays.first(where: { keys.contains($0.keyID) }) else { return nil }
        return
            "\(stray.name) holds this user's key \(stray.keyID), and no target names it: it would be left with a dead key. Add a "
            + "target for it, delete the key there, or put `{ place: \"\(stray.name)\", reason: … }` under `acknowledged`"
    }
}

extension Workspace {
    /// The pushers, with a look around each target before a rotation begins.
    func neighbourWatch(_ host: PusherHost, _ users: [ConfiguredUser], _ accounts: Accounts) -> NeighbourWatch {
        var keys: [TargetName: @Sendable () async -> Set<String>] = [:]
        for user in users {
            let iam = accounts.iam(account(of: user))
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
        return NeighbourWatch(pushers, neighbourhood: Neighbourhood(self), keys: keys)
    }
}
