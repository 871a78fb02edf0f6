import PusherKit

/// One path of the receiver, and what the two values are called there.
struct Target: JSONReadable, Sendable {
    let path: String
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        path = try fields.value("path")
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        guard path.hasPrefix("/") else { throw fields.wrong("path", "does not begin with a slash") }
    }

    /// The path's segments. The last may be empty: a receiver may distinguish `/hooks` and `/hooks/`.
    var segments: [String] { path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init) }

    /// What messages begin with.
    var subject: String { oneLine("Webhook: \(path)") }
}
