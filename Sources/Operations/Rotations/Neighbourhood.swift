internal import Configuration
internal import JSON
internal import JSONSchema
internal import PusherHost

/// The places that the configuration knows.
struct Neighbourhood: Sendable {
    /// By plugin and endpoint: the fields of each target, defaults included.
    private var named: [String: [[String: String]]] = [:]
    /// Plugin and endpoint of each pusher.
    private var services: [String: String] = [:]
    /// Places that may hold another key, as they are shown: `gitlab:acme/app (scope staging), variable AWS_ACCESS_KEY_ID`.
    private let acknowledged: Set<String>

    init(_ loaded: LoadedConfiguration) {
        acknowledged = Set(loaded.configuration.acknowledged.map(\.place))
        for pusher in loaded.pushers {
            services[pusher.name] = "\(pusher.plugin) \(pusher.endpoint ?? "")"
        }
        for target in loaded.users.flatMap(\.targets) {
            guard let service = services[target.pusher] else { continue }
            named[service, default: []].append(Self.fields(of: target, loaded))
        }
    }

    /// A target's fields as texts, with the manifest's defaults.
    static func fields(of target: ConfiguredTarget, _ loaded: LoadedConfiguration) -> [String: String] {
        let plugin = loaded.pushers.first { $0.name == target.pusher }.flatMap { loaded.plugins[$0.plugin] }
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
                !place.fields.isEmpty
                    && place.fields.allSatisfy { (fields[$0.key] ?? "").lowercased() == $0.value.lowercased() }
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
