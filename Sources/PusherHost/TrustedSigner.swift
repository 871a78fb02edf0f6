internal import FoundationEssentials
internal import JSON

/// Whom an operator trusts to sign packages of one plugin, and from which version on.
///
/// It stays when the plugin is removed: an older version, with the faults that a later one has fixed, was signed as well.
public struct TrustedSigner: Hashable, Sendable {
    /// The Ed25519 public key, in base64.
    public var key: String
    /// Versions below this one are not installed.
    public var lowest: String

    /// A signer, trusted from a version on.
    public init(key: String, lowest: String) { (self.key, self.lowest) = (key, lowest) }

    init(_ json: JSONValue) {
        key = String((json["key"]?.string ?? "").dropFirst("ed25519:".count))
        lowest = json["lowest"]?.string ?? ""
    }

    var json: JSONValue { .object(["key": .string("ed25519:\(key)"), "lowest": .string(lowest)]) }

    static let schema: JSONValue = .object([
        "type": .string("object"), "additionalProperties": .bool(false),
        "required": .array([.string("key"), .string("lowest")]),
        "properties": .object([
            "key": .object(["type": .string("string"), "pattern": .string("^ed25519:[A-Za-z0-9+/]{43}=$")]),
            "lowest": .object(["type": .string("string")]),
        ]),
    ])
}
