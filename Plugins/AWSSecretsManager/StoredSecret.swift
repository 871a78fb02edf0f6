import PusherKit

/// What DescribeSecret says: everything but the value.
struct StoredSecret: JSONReadable, Sendable {
    let isDeleted: Bool
    /// The service of AWS that manages it; nil: none.
    let owner: String?
    let rotates: Bool
    /// When it was last changed in any way, as AWS writes it.
    let changed: Double?
    private let stages: [String: [String]]

    init(json fields: JSONValue) throws(JSONMismatch) {
        // A secret has a name: what has none is another answer.
        _ = try fields.value("Name", as: String.self)
        isDeleted = fields["DeletedDate"] != nil
        owner = try fields.optional("OwningService")
        rotates = try fields.optional("RotationEnabled") ?? false
        changed = try fields.optional("LastChangedDate")
        stages = try fields.optional("VersionIdsToStages") ?? [:]
    }

    /// The ID of the version that readers get; nil: there is none yet.
    var current: String? { stages.first { $0.value.contains("AWSCURRENT") }?.key }

    /// The ID of the version before it; nil: none has the label.
    var previous: String? { stages.first { $0.value.contains("AWSPREVIOUS") }?.key }

    var changedAt: String? { changed.flatMap(epochDate).map(rfc3339Text) }
}

/// What GetSecretValue answers.
struct SecretValue: JSONReadable {
    /// nil: it is binary.
    let text: SecretBytes?
    let version: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        text = try fields.optional("SecretString")
        version = try fields.value("VersionId")
    }
}

/// What PutSecretValue answers.
struct WrittenSecret: JSONReadable {
    let version: String

    init(json fields: JSONValue) throws(JSONMismatch) { version = try fields.value("VersionId") }
}

/// The token of a write, which becomes the ID of the version.
///
/// The same write has the same token, also from a push that knows nothing of the one before: AWS then changes nothing, and a request
/// that is still on its way does no harm either. It depends on the state that the write was made for, since a token that was used once
/// does not move `AWSCURRENT` again.
enum WriteToken {
    /// The beginning of the tokens for a key.
    static func start(keyID: String) -> String {
        // Longer key IDs than AWS's would not fit.
        keyID.utf8.count <= 32 ? "keyturn-\(keyID)-" : "keyturn-\(hexadecimal(hash(keyID)))-"
    }

    /// The token of a write of that key over what the secret is now.
    static func make(keyID: String, over secret: StoredSecret) -> String {
        let state = "\(secret.current ?? "") \(secret.changed.map { Int64($0 * 1_000) } ?? 0)"
        return start(keyID: keyID) + hexadecimal(hash(state))
    }

    /// FNV-1a: it distinguishes states, and hides nothing.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
