import PusherKit

/// A CI/CD variable, as GitLab shows it.
struct Variable: Decodable {
    let key: String
    /// Null where the variable is hidden.
    let value: SecretBytes?
    /// Absent on the instance's variables.
    let environmentScope: String?

    enum CodingKeys: String, CodingKey {
        case key, value
        case environmentScope = "environment_scope"
    }
}

/// A variable in a list, of which the value is not wanted.
struct VariableName: Decodable {
    let key: String
    let environmentScope: String?

    enum CodingKeys: String, CodingKey {
        case key
        case environmentScope = "environment_scope"
    }
}
