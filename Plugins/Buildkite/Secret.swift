import PusherKit

/// A secret as Buildkite shows it: never its value, but when it was written.
struct Secret: JSONReadable {
    let id: String
    let key: String
    /// When its value, description or policy was changed last, as RFC 3339.
    let updatedAt: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        key = try fields.value("key")
        updatedAt = try fields.value("updated_at")
    }

    /// Whether jobs find it under that key, which they may write in either case.
    func isKey(_ name: String) -> Bool { key.lowercased() == name.lowercased() }

    /// Whether it shows a later write than another one; a new one does.
    func isLater(than old: Secret?) -> Bool {
        guard let old, let before = rfc3339(old.updatedAt) else { return rfc3339(updatedAt) != nil }
        return rfc3339(updatedAt).map { $0 > before } ?? false
    }
}

extension [Secret] {
    /// When the last of those was written, as RFC 3339.
    var changedAt: String? {
        self.max { (rfc3339($0.updatedAt)?.milliseconds ?? 0) < (rfc3339($1.updatedAt)?.milliseconds ?? 0) }?.updatedAt
    }
}

/// A cluster, in a list.
struct Cluster: JSONReadable {
    let id: String
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        name = try fields.value("name")
    }
}

/// The token that asks.
struct AccessToken: JSONReadable {
    let scopes: [String]
    let expiresAt: Timestamp?

    init(json fields: JSONValue) throws(JSONMismatch) {
        scopes = try fields.value("scopes")
        let end: String? = try fields.optional("expires_at")
        expiresAt = end.flatMap { spacedDate($0) ?? rfc3339($0) }
    }
}

/// Buildkite's error body.
struct VendorError: JSONReadable {
    let message: String
    /// Of a rate limit: seconds until it is reset.
    let reset: Int64?

    init(json fields: JSONValue) throws(JSONMismatch) {
        message = try fields.value("message")
        reset = try fields.optional("reset")
    }
}
