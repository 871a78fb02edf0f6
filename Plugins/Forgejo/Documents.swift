import PusherKit

/// A secret as Forgejo lists it: never its value.
struct Secret: JSONReadable {
    let name: String
    /// Gitea alone has descriptions. Nil: it has none.
    let description: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("name")
        description = try fields.optional("description")
    }
}

/// A variable, whose value everyone may read.
struct Variable: JSONReadable {
    let name: String
    /// Empty where a list leaves it out.
    let data: SecretBytes
    let description: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("name")
        data = try fields.value("data")
        description = try fields.optional("description")
    }
}

/// A repository.
struct Repository: JSONReadable {
    /// OWNER/NAME.
    let fullName: String
    /// Nil: not said.
    let hasActions: Bool?
    let isArchived: Bool

    init(json fields: JSONValue) throws(JSONMismatch) {
        fullName = try fields.value("full_name")
        hasActions = try fields.optional("has_actions")
        isArchived = try fields.optional("archived") ?? false
    }
}

/// The token's user.
struct User: JSONReadable {
    let login: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        login = try fields.value("login")
    }
}

/// Forgejo's error body.
struct VendorError: JSONReadable {
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        message = try fields.value("message")
    }
}
