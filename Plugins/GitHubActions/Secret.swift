import PusherKit

/// What GitHub says about a secret: everything but its value.
struct Secret: JSONReadable {
    let name: String
    let updatedAt: String
    /// Organizations only: `all`, `private` or `selected`.
    let visibility: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("name")
        updatedAt = try fields.value("updated_at")
        visibility = try fields.optional("visibility")
    }
}

/// The secrets of a place, as far as GitHub listed them.
struct SecretList: JSONReadable {
    /// How many there are in all, where GitHub says so.
    let total: Int?
    let secrets: [Secret]

    /// GitHub's names are not case-sensitive, and come back in upper case.
    subscript(name: String) -> Secret? {
        secrets.first { $0.name.lowercased() == name.lowercased() }
    }

    init(total: Int?, secrets: [Secret]) {
        self.total = total
        self.secrets = secrets
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        total = try fields.optional("total_count")
        secrets = try fields.value("secrets")
    }
}
