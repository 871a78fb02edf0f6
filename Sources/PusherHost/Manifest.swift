internal import CKeyturnPusher
internal import FoundationEssentials
public import JSON
public import JSONSchema

/// What a plugin says of itself in `manifest.json`.
public struct Manifest: Hashable, Sendable {
    /// "travis-ci".
    public var id: String
    /// The plugin's own version.
    public var version: String
    /// One line.
    public var summary: String
    /// The service as people call it, "Travis CI"; where the manifest has none, the plugin's ID.
    public var title: String
    /// What a first entry of `keyturn.yaml` looks like; nil: the manifest gives none.
    public var example: ManifestExample?
    /// What it asks to be granted.
    public var asks: Grants
    /// Whether calls for different targets may come at the same time.
    public var allowsThreads: Bool
    /// Configuration fields that are secret.
    public var secrets: Set<String>
    /// Target fields that name the place, in order; empty: all of the target's own.
    public var place: [String]
    /// Target fields whose equal values must not be pushed at the same time.
    public var exclusive: [String]
    /// For values of a target's `shape` other than the usual two variables: the fields that name what is written.
    public var shapes: [String: [String]]
    /// What the operations of ``Grants/aws`` are about, for those that are not about everything.
    public var resources: [String: AWSResource]
    /// The service's documented rate limits.
    public var pace: PaceRules
    /// The schema of the scopes that it looks through, which are texts; nil: it looks through none.
    public var scope: Schema?
    /// Target fields whose values begin with a scope, and how many parts of their paths that is.
    public var owners: [String: Int]
    /// The schema of its configuration.
    public var configuration: Schema
    /// The schema of its targets.
    public var target: Schema
    /// The whole.
    public var json: JSONValue

    /// The longest summary, in bytes.
    private static let summaryLimit = Int(KT_MAX_SUMMARY)
    /// The longest title, in bytes.
    private static let titleLimit = 64
    /// The largest manifest, in bytes.
    static let sizeLimit = Int(KT_MAX_MANIFEST)

    /// Reads a manifest.
    ///
    /// - Parameters:
    ///   - text: JSON.
    ///   - place: for error texts.
    public init(text: String, at place: String) throws(PluginError) {
        guard text.utf8.count <= Self.sizeLimit, let json = try? JSONValue(parsing: text), json.object != nil else {
            throw PluginError("\(place): it is not a JSON object")
        }
        // Before anything of it is shown: people decide by these texts whether to trust a plugin.
        guard json.isShowable else {
            throw PluginError(
                "\(place): it has characters that cannot be shown, such as control characters or ones that turn the direction of writing"
            )
        }
        guard let id = json["id"]?.string, (1...Int(KT_MAX_ID)).contains(id.utf8.count),
            id.utf8.allSatisfy({ Self.isIDByte($0) }), id.utf8.first != UInt8(ascii: ".")
        else {
            throw PluginError(
                "\(place): `id` is missing, longer than \(KT_MAX_ID) characters, or has other characters than letters, digits and -_."
            )
        }
        let version = json["version"].map { $0.string ?? "" } ?? "0.0.0"
        guard SemanticVersion(version) != nil else {
            throw PluginError("\(place): `version` is not a semantic version like 1.4.0")
        }
        try Self.checkRange(json["abi"], place)
        self.json = json
        self.id = id
        self.version = version
        summary = json["summary"]?.string ?? ""
        guard summary.utf8.count <= Self.summaryLimit else {
            throw PluginError("\(place): `summary` is longer than \(Self.summaryLimit) bytes")
        }
        title = json["title"]?.string ?? id
        guard (1...Self.titleLimit).contains(title.utf8.count) else {
            throw PluginError("\(place): `title` must have 1 to \(Self.titleLimit) bytes")
        }
        let parts = Grants.schema.merging(["pace": PaceRules.schema, "resources": AWSResource.schema]) { first, _ in
            first
        }
        let asking = Schema(.object(["properties": .object(parts)]))
        if let violation = asking.violations(in: json).first {
            throw PluginError("\(place): `\(violation.path.joined(separator: "."))` \(violation.message)")
        }
        asks = Grants(json)
        pace = PaceRules(json["pace"])
        resources = (json["resources"]?.object ?? [:]).compactMapValues { AWSResource($0) }
        allowsThreads = json["threads"]?.string != "one"
        secrets = Set(try Self.strings(json, "secrets", place))
        self.place = try Self.strings(json, "place", place)
        exclusive = try Self.strings(json, "exclusive", place)
        shapes = try Self.shapes(json["shapes"], place)
        scope = json["scope"].map(Schema.init)
        owners = (json["owners"]?.object ?? [:]).compactMapValues { $0.integer.map { Int(clamping: $0) } }
        configuration = Schema(json["configuration"] ?? .bool(true))
        target = Schema(json["target"] ?? .bool(true))
        example = try json["example"].map { example throws(PluginError) in
            try ManifestExample(example, secrets: secrets, place: self.place, at: place)
        }
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-_.".utf8.contains(byte)
    }

    private static func strings(_ json: JSONValue, _ name: String, _ place: String) throws(PluginError) -> [String] {
        guard let value = json[name] else { return [] }
        guard let strings = value.strings else { throw PluginError("\(place): `\(name)` must be a list of strings") }
        return strings
    }

    private static func shapes(_ json: JSONValue?, _ place: String) throws(PluginError) -> [String: [String]] {
        guard let json else { return [:] }
        let shapes = (json.object ?? [:]).mapValues { $0.strings ?? [] }
        guard !shapes.isEmpty, shapes.values.allSatisfy({ !$0.isEmpty }) else {
            throw PluginError("\(place): `shapes` must be an object whose values are lists of target fields")
        }
        return shapes
    }

    /// `{"min": 1, "max": 1}`, `1` or `"1"`; no range means version 1.
    private static func checkRange(_ abi: JSONValue?, _ place: String) throws(PluginError) {
        func number(_ value: JSONValue?) -> Int64? {
            switch value {
            case .integer(let number): number
            case .string(let text): text.split(separator: ".").first.flatMap { Int64($0) }
            default: nil
            }
        }
        guard let abi else { return }
        let lowest = number(abi["min"]) ?? number(abi) ?? 1
        let highest = number(abi["max"]) ?? number(abi) ?? lowest
        guard lowest <= 1, highest >= 1 else {
            throw PluginError(
                "\(place): it is for version \(lowest) to \(highest) of the pusher ABI, and this keyturn has version 1")
        }
    }
}

/// Why a plugin cannot be used.
public struct PluginError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for people.
    public var description: String

    /// An error with its sentence.
    public init(_ description: String) { self.description = description }
}
