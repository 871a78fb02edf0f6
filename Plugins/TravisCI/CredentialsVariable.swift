import PusherKit

/// One private variable whose value is an AWS shared credentials file, in base64: Travis CI puts values into a shell
/// script as they are, so they have to be of one line and of harmless characters.
struct CredentialsVariable: Sendable {
    let name: String
    let contents: CredentialsFile

    /// - Returns: nil where the target's shape is a pair.
    init?(_ fields: JSONValue) throws(JSONMismatch) {
        let name: String? = try fields.optional("credentials-file")
        let profile: String? = try fields.optional("profile")
        switch try fields.optional("shape") ?? "pair" {
        case "pair":
            guard name == nil, profile == nil else {
                throw fields.wrong("shape", "credentials-file and profile are for shape: credentials-file")
            }
            return nil
        case "credentials-file":
            self.name = name ?? "AWS_CREDENTIALS_FILE_BASE64"
            contents = CredentialsFile(profile: profile ?? "default")
        case let other:
            throw fields.wrong("shape", "\(other) is neither pair nor credentials-file")
        }
    }
}
