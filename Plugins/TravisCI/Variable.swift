import PusherKit

/// An environment variable of a repository, as Travis CI shows it.
struct Variable: JSONReadable {
    /// A UUID, though Travis CI's own model declares a number.
    let id: PlaceName
    let name: String
    /// Absent where the variable is private.
    let value: SecretBytes?
    let isPublic: Bool?
    let branch: String?
    let permissions: Permissions?

    struct Permissions: JSONReadable {
        let write: Bool

        init(json fields: JSONValue) throws(JSONMismatch) {
            write = try fields.value("write")
        }
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        name = try fields.value("name")
        value = try fields.optional("value")
        isPublic = try fields.optional("public")
        branch = try fields.optional("branch")
        permissions = try fields.optional("@permissions")
    }
}

/// A repository's variables; the list is not paginated.
struct VariableList: JSONReadable {
    let variables: [Variable]

    init(json fields: JSONValue) throws(JSONMismatch) {
        variables = try fields.value("env_vars")
    }

    /// The one variable of that name and branch, or nil where there is none.
    ///
    /// - Throws: `.conflict` where there are several: builds see one of them, and which one is not documented.
    func find(_ name: String, for target: Target) throws(PushFailure) -> Variable? {
        let found = variables.filter { $0.name == name && $0.branch == target.branch }
        guard found.count > 1 else { return found.first }
        throw PushFailure(
            .conflict,
            "\(target.subject(name)): there are \(found.count) variables of this name for the same branch: "
                + "delete all but one in the repository's settings")
    }
}
