import PusherKit

/// A CI/CD variable, as GitLab shows it.
struct Variable: Decodable {
    let key: String
    /// Null where the variable is hidden.
    let value: SecretBytes?
    /// Absent on the instance's variables, as is `hidden`.
    let environmentScope: String?
    let type: String?
    let hidden: Bool?

    enum CodingKeys: String, CodingKey {
        case key, value, hidden
        case environmentScope = "environment_scope"
        case type = "variable_type"
    }
}

/// A variable in a list, of which the value is not wanted.
struct ListedVariable: Decodable {
    let key: String
    let environmentScope: String?
    let type: String?
    let hidden: Bool?

    enum CodingKeys: String, CodingKey {
        case key, hidden
        case environmentScope = "environment_scope"
        case type = "variable_type"
    }
}

extension [ListedVariable] {
    /// The variable of that key in the target's scope.
    func find(_ key: String, of target: Target) -> ListedVariable? {
        first { $0.key == key && target.matches(scope: $0.environmentScope) }
    }
}
