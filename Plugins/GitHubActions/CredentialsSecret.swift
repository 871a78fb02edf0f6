import PusherKit

/// One secret whose value is an AWS shared credentials file. Jobs write it to a file, and it is never half written.
struct CredentialsSecret: Sendable {
    let name: String
    let contents: CredentialsFile

    /// - Returns: nil where the target's shape is a pair.
    init?(_ fields: JSONValue) throws(JSONMismatch) {
        let profile: String? = try fields.optional("profile")
        let isNamed = fields.contains("credentials-file")
        switch try fields.optional("shape") ?? "pair" {
        case "pair":
            guard !isNamed, profile == nil else {
                throw fields.wrong("shape", "credentials-file and profile are for shape: credentials-file")
            }
            return nil
        case "credentials-file":
            name = isNamed ? try Target.name("credentials-file", fields) : "AWS_CREDENTIALS_FILE"
            contents = CredentialsFile(profile: profile ?? "default")
        case let other:
            throw fields.wrong("shape", "\(other) is neither pair nor credentials-file")
        }
    }
}
