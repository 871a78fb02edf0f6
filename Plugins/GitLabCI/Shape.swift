import PusherKit

/// How a target holds the pair.
enum Shape: Sendable {
    /// Two variables, one for each part.
    case pair(accessKeyID: String, secretAccessKey: String)
    /// One variable of type `file`, whose value is an AWS shared credentials file with this profile.
    case credentialsFile(variable: String, profile: String)

    init(_ fields: JSONValue) throws(JSONMismatch) {
        let variable: String? = try fields.optional("credentials-file")
        let profile: String? = try fields.optional("profile")
        switch try fields.optional("shape") ?? "pair" {
        case "pair":
            guard variable == nil, profile == nil else {
                throw fields.wrong("shape", "credentials-file and profile are for shape: credentials-file")
            }
            self = .pair(
                accessKeyID: try fields.value("access-key-id"),
                secretAccessKey: try fields.value("secret-access-key"))
        case "credentials-file":
            self = .credentialsFile(
                variable: variable ?? "AWS_SHARED_CREDENTIALS_FILE", profile: profile ?? "default")
        case let other:
            throw fields.wrong("shape", "\(other) is neither pair nor credentials-file")
        }
    }

    /// The variables, the one with the key ID first.
    var variables: [String] {
        switch self {
        case .pair(let accessKeyID, let secretAccessKey): [accessKeyID, secretAccessKey]
        case .credentialsFile(let variable, _): [variable]
        }
    }

    var isFile: Bool {
        if case .credentialsFile = self { true } else { false }
    }
}
