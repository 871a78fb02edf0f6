import PusherKit

/// The two keys of one Secret that hold the pair.
struct Target: JSONReadable, Sendable {
    let namespace: String
    let secret: String
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        namespace = try fields.value("namespace")
        secret = try fields.value("secret")
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        guard accessKeyID != secretAccessKey else {
            throw fields.wrong("secret-access-key", "is the same as access-key-id")
        }
    }

    /// What messages begin with.
    var subject: String { oneLine("Kubernetes: \(namespace)/\(secret)") }

    /// What people type to work on it: `kubectl --namespace ci get secret aws`.
    func command(_ words: String) -> String { oneLine("kubectl --namespace \(namespace) \(words)") }
}
