internal import Configuration
internal import JSON
internal import JSONSchema
internal import PusherHost
internal import Rotation

/// The targets of the configuration as places: which target is a place that was found?
struct ManagedPlaces {
    /// A target with its fields as texts, defaults included.
    private struct Known {
        var target: String
        var user: String
        var fields: [String: String]
    }

    /// By plugin, service and what the manifest's `place` fields say.
    private var known: [String: [Known]] = [:]
    private var services: [String: (service: String, manifest: Manifest)] = [:]

    init(_ loaded: LoadedConfiguration) {
        for pusher in loaded.pushers {
            guard let manifest = loaded.plugins[pusher.plugin]?.manifest else { continue }
            services[pusher.name] = ("\(pusher.plugin) \(pusher.endpoint ?? "")", manifest)
        }
        for user in loaded.users {
            for target in user.targets {
                guard let service = services[target.pusher] else { continue }
                let fields = Neighbourhood.fields(of: target, loaded)
                known[Self.key(service.service, fields, service.manifest), default: []].append(
                    Known(target: target.name.rawValue, user: user.name, fields: fields))
            }
        }
    }

    /// The target that is this place, and its user.
    func target(of place: FoundPlace, in pusher: String) -> (target: String, user: String)? {
        guard !place.fields.isEmpty, let service = services[pusher] else { return nil }
        let found = known[Self.key(service.service, place.fields, service.manifest)]?.first { known in
            place.fields.allSatisfy { (known.fields[$0.key] ?? "").lowercased() == $0.value.lowercased() }
        }
        return found.map { ($0.target, $0.user) }
    }

    /// Names and paths of CI systems are compared without case.
    private static func key(_ service: String, _ fields: [String: String], _ manifest: Manifest) -> String {
        let values = manifest.place.map { name -> String in
            let standard = manifest.target.properties[name]?["default"]
            return (fields[name] ?? standard.map { $0.string ?? $0.text } ?? "").lowercased()
        }
        return ([service] + values).joined(separator: "\n")
    }
}
