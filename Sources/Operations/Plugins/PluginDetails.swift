internal import Enclosure
internal import FoundationEssentials
package import JSON
internal import JSONSchema
internal import PusherHost

/// What a plugin asks for, what it was granted, how its files compare with their pin, and its fields.
package struct PluginDetails: Sendable {
    /// The pin in force.
    package struct Pinned: Sendable {
        package var lock: String
        package var version: String
        package var granted: [String]
        /// One line about what it asks for and was not granted; nil: it has all of that.
        package var withheld: String?
        package var signer: String?
    }

    /// One field of a pusher or a target.
    package struct Field: Sendable {
        package var name: String
        package var isRequired: Bool
        package var isSecret: Bool
        package var meaning: String
    }

    package let id: String
    package let version: String
    package let summary: String
    package let library: String
    package let libraryHash: String
    package let manifestHash: String
    /// Why the library cannot be loaded on this machine; nil: it can.
    package let obstacle: String?
    /// nil: it is not pinned.
    package let pinned: Pinned?
    /// How its files differ from the pin.
    package let differences: [String]
    package let asks: [String]
    /// What keeps its process in on this machine.
    package let enclosure: String
    package let pusherFields: [Field]
    package let targetFields: [Field]
    /// The manifest's own members, and what is known of the plugin here.
    package let json: JSONValue

    package init(_ catalog: PluginCatalog, id: String) throws {
        let plugin = try catalog.find(id)
        let admission = try catalog.admission()
        let library = try explained { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let found = admission.pin(for: plugin)
        let manifest = plugin.manifest
        (self.id, version, summary) = (manifest.id, manifest.version, manifest.summary)
        (self.library, libraryHash, manifestHash) = (plugin.library, library.hash, plugin.manifestHash)
        obstacle = library.obstacle(in: catalog.context.installation)
        pinned = found.map { pin, lock in
            Pinned(
                lock: lock.path, version: pin.version, granted: pin.grants.words,
                withheld: manifest.asks.subtracting(pin.grants).withheld, signer: pin.signer)
        }
        differences = found?.pin.differences(from: plugin, library) ?? []
        asks = manifest.asks.words
        enclosure = Self.enclosure(found?.pin.grants ?? Grants())
        let identity = Field(
            name: "aws", isRequired: true, isSecret: false,
            meaning:
                "Whose identity signs its requests to AWS: role-arn or profile, and what else `aws` of the file has.")
        pusherFields =
            (manifest.asks.aws.isEmpty ? [] : [identity]) + Self.fields(manifest.configuration, manifest.secrets)
        targetFields = Self.fields(manifest.target, [])
        let here: [String: JSONValue] = [
            "library": .string(plugin.library),
            "sha256": .object(["library": .string(library.hash), "manifest": .string(plugin.manifestHash)]),
            "pinned": .bool(pinned != nil && differences.isEmpty),
            "lock": pinned.map { .string($0.lock) } ?? .null,
            "obstacle": obstacle.map { .string($0) } ?? .null,
            "differences": .array(differences.map(JSONValue.string)),
            "asks": .array(asks.map(JSONValue.string)),
            "granted": .array((pinned?.granted ?? []).map(JSONValue.string)),
            "enclosure": .array(
                Enclosure.Part.allCases.filter(Enclosure.available.contains).map { .string($0.rawValue) }),
        ]
        json = .object((manifest.json.object ?? [:]).merging(here) { _, known in known })
    }

    private static func enclosure(_ grants: Grants) -> String {
        let missing = Enclosure.Part.allCases.filter { !Enclosure.available.contains($0) }.map(\.rawValue)
        let parts = Enclosure.Part.allCases.filter { part in
            Enclosure.available.contains(part) && (!grants.programs || part == .noNewPrivileges)
        }
        let inForce = ["a process of its own", "limits"] + parts.map(\.rawValue)
        let gap = missing.isEmpty ? "" : "; this kernel has no \(missing.joined(separator: ", "))"
        return inForce.joined(separator: ", ") + (grants.programs ? "; no more, since it may start programs" : gap)
    }

    private static func fields(_ schema: Schema, _ secrets: Set<String>) -> [Field] {
        // The names of the two variables are filled in where a target does not give them.
        let defaults = ["access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"]
        let required = Set(schema.definition["required"]?.strings ?? []).subtracting(defaults.keys)
        return schema.properties.sorted(by: { $0.key < $1.key }).map { name, property in
            let standard = defaults[name].map { " Default: \($0)." } ?? ""
            return Field(
                name: name, isRequired: required.contains(name), isSecret: secrets.contains(name),
                meaning: (property["description"]?.string ?? "") + standard)
        }
    }
}
