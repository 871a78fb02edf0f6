import PusherKit

/// A CI/CD variable, as GitLab shows it.
struct Variable: JSONReadable {
    let key: String
    /// Null where the variable is hidden.
    let value: SecretBytes?
    /// Absent on the instance's variables, as is `hidden`.
    let environmentScope: String?
    let type: String?
    let hidden: Bool?

    init(json fields: JSONValue) throws(JSONMismatch) {
        key = try fields.value("key")
        value = try fields.optional("value")
        environmentScope = try fields.optional("environment_scope")
        type = try fields.optional("variable_type")
        hidden = try fields.optional("hidden")
    }
}

/// A variable in a list, of which the value is not wanted.
struct ListedVariable: JSONReadable {
    let key: String
    let environmentScope: String?
    let type: String?
    let hidden: Bool?

    init(json fields: JSONValue) throws(JSONMismatch) {
        key = try fields.value("key")
        environmentScope = try fields.optional("environment_scope")
        type = try fields.optional("variable_type")
        hidden = try fields.optional("hidden")
    }
}

extension [ListedVariable] {
    /// The variable of that key in the target's scope.
    func find(_ key: String, of target: Target) -> ListedVariable? {
        first { $0.key == key && target.matches(scope: $0.environmentScope) }
    }
}
