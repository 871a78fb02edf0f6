import PusherKit

/// One secret whose value is an AWS shared credentials file. Jobs write it to a file, and it is never half written.
struct CredentialsSecret: Sendable {
    let name: String
    let contents: CredentialsFile

    /// - Returns: nil where the target's shape is a pair.
    init?(_ fields: KeyedDecodingContainer<Target.CodingKeys>) throws {
        let profile = try fields.decodeIfPresent(String.self, forKey: .profile)
        let isNamed = fields.contains(.credentialsFile)
        switch try fields.decodeIfPresent(String.self, forKey: .shape) ?? "pair" {
        case "pair":
            guard !isNamed, profile == nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: .shape, in: fields,
                    debugDescription: "credentials-file and profile are for shape: credentials-file")
            }
            return nil
        case "credentials-file":
            name = isNamed ? try Target.name(.credentialsFile, fields) : "AWS_CREDENTIALS_FILE"
            contents = CredentialsFile(profile: profile ?? "default")
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .shape, in: fields, debugDescription: "\(other) is neither pair nor credentials-file")
        }
    }
}
