import PusherKit

/// The one secret that holds the pair.
struct Target: JSONReadable, Sendable {
    let secret: String
    /// nil: that of the pusher.
    let region: String?
    /// Whether the whole value is keyturn's, so that nothing of it is read and kept.
    let replaces: Bool
    let document: PairDocument

    init(json fields: JSONValue) throws(JSONMismatch) {
        secret = try fields.value("secret")
        if secret.isEmpty { throw fields.wrong("secret", "is empty") }
        region = try fields.optional("region")
        replaces = try fields.optional("replace") ?? false
        document = try PairDocument(fields: fields)
    }

    /// What messages begin with.
    var subject: String { oneLine("Secrets Manager: \(secret)" + (region.map { " in \($0)" } ?? "")) }
}

/// The pusher has no fields of its own: whose identity signs is keyturn's affair.
struct Configuration: JSONReadable {
    init(json: JSONValue) throws(JSONMismatch) {
        if json.kind != .object { throw json.wrong("not a JSON object") }
    }
}
