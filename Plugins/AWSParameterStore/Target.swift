import PusherKit

/// The one parameter that holds the pair.
struct Target: JSONReadable, Sendable {
    let parameter: String
    /// nil: that of the pusher.
    let region: String?
    /// The KMS key for a parameter that is created, and for one that is to change to it; nil: AWS's own, or the one that it has.
    let key: String?
    /// Whether the whole value is keyturn's, so that nothing of it is read and kept.
    let replaces: Bool
    let document: PairDocument

    init(json fields: JSONValue) throws(JSONMismatch) {
        parameter = try fields.value("parameter")
        if parameter.isEmpty { throw fields.wrong("parameter", "is empty") }
        region = try fields.optional("region")
        key = try fields.optional("kms-key")
        replaces = try fields.optional("replace") ?? false
        document = try PairDocument(fields: fields)
    }

    /// What messages begin with.
    var subject: String { oneLine("Parameter Store: \(parameter)" + (region.map { " in \($0)" } ?? "")) }
}

/// The pusher has no fields of its own: whose identity signs is keyturn's affair.
struct Configuration: JSONReadable {
    init(json: JSONValue) throws(JSONMismatch) {
        if json.kind != .object { throw json.wrong("not a JSON object") }
    }
}
