/// How a target holds the pair, by its fields `shape`, `access-key-id`, `secret-access-key`, `credentials-file` and `profile`.
public enum PairShape: Sendable {
    /// Two values under these names.
    case pair(accessKeyID: String, secretAccessKey: String)
    /// One value under that name: an AWS shared credentials file with both parts, which is never half written.
    case credentialsFile(String, CredentialsFile)

    /// Reads a target's fields.
    ///
    /// - Parameter standard: the name of the one value where `credentials-file` does not give it.
    /// - Throws: where fields of one shape are given with the other.
    public init(_ fields: JSONValue, file standard: String) throws(JSONMismatch) {
        let name: String? = try fields.optional("credentials-file")
        let profile: String? = try fields.optional("profile")
        switch try fields.optional("shape") ?? "pair" {
        case "pair":
            guard name == nil, profile == nil else {
                throw fields.wrong("shape", "credentials-file and profile are for shape: credentials-file")
            }
            self = .pair(
                accessKeyID: try fields.value("access-key-id"),
                secretAccessKey: try fields.value("secret-access-key"))
        case "credentials-file":
            self = .credentialsFile(name ?? standard, CredentialsFile(profile: profile ?? "default"))
        case let other:
            throw fields.wrong("shape", "\(other) is neither pair nor credentials-file")
        }
    }

    /// The fields that give names, and the names: that of the key ID first.
    public var names: [(field: String, name: String)] {
        switch self {
        case .pair(let id, let secret): [("access-key-id", id), ("secret-access-key", secret)]
        case .credentialsFile(let name, _): [("credentials-file", name)]
        }
    }
}
