import PusherKit

/// One private variable whose value is an AWS shared credentials file, in base64: Travis CI puts values into a shell
/// script as they are, so they have to be of one line and of harmless characters.
struct CredentialsVariable: Sendable {
    let name: String
    let contents: CredentialsFile

    /// - Returns: nil where the target's shape is a pair.
    init?(_ fields: KeyedDecodingContainer<Target.CodingKeys>) throws {
        let name = try fields.decodeIfPresent(String.self, forKey: .credentialsFile)
        let profile = try fields.decodeIfPresent(String.self, forKey: .profile)
        switch try fields.decodeIfPresent(String.self, forKey: .shape) ?? "pair" {
        case "pair":
            guard name == nil, profile == nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: .shape, in: fields,
                    debugDescription: "credentials-file and profile are for shape: credentials-file")
            }
            return nil
        case "credentials-file":
            self.name = name ?? "AWS_CREDENTIALS_FILE_BASE64"
            contents = CredentialsFile(profile: profile ?? "default")
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .shape, in: fields, debugDescription: "\(other) is neither pair nor credentials-file")
        }
    }
}
