/// How a target holds the pair.
enum Shape: Sendable {
    /// Two variables, one for each part.
    case pair(accessKeyID: String, secretAccessKey: String)
    /// One variable of type `file`, whose value is an AWS shared credentials file with this profile.
    case credentialsFile(variable: String, profile: String)

    init(_ fields: KeyedDecodingContainer<Target.CodingKeys>) throws {
        let variable = try fields.decodeIfPresent(String.self, forKey: .credentialsFile)
        let profile = try fields.decodeIfPresent(String.self, forKey: .profile)
        switch try fields.decodeIfPresent(String.self, forKey: .shape) ?? "pair" {
        case "pair":
            guard variable == nil, profile == nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: .shape, in: fields,
                    debugDescription: "credentials-file and profile are for shape: credentials-file")
            }
            self = .pair(
                accessKeyID: try fields.decode(String.self, forKey: .accessKeyID),
                secretAccessKey: try fields.decode(String.self, forKey: .secretAccessKey))
        case "credentials-file":
            self = .credentialsFile(
                variable: variable ?? "AWS_SHARED_CREDENTIALS_FILE", profile: profile ?? "default")
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .shape, in: fields, debugDescription: "\(other) is neither pair nor credentials-file")
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
