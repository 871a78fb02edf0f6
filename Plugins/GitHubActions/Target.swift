import PusherKit

/// The key pair's names in one repository, environment or organization.
struct Target: Decodable, Sendable {
    let place: Place
    let accessKeyID: String
    let secretAccessKey: String
    let keyIDAs: KeyIDForm
    /// The one secret that holds both parts instead, where the target has that shape.
    let file: CredentialsSecret?

    /// What keeps the access key ID.
    enum KeyIDForm: String, Decodable {
        case secret, variable
    }

    enum CodingKeys: String, CodingKey {
        case repository, environment, organization, kind
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
        case keyIDAs = "key-id-as"
        case shape, profile
        case credentialsFile = "credentials-file"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        place = try Place(fields)
        accessKeyID = try Self.name(.accessKeyID, fields)
        secretAccessKey = try Self.name(.secretAccessKey, fields)
        keyIDAs = try fields.decodeIfPresent(KeyIDForm.self, forKey: .keyIDAs) ?? .secret
        file = try CredentialsSecret(fields)
        guard file == nil || keyIDAs == .secret else {
            throw DecodingError.dataCorruptedError(
                forKey: .keyIDAs, in: fields,
                debugDescription: "not with shape: credentials-file, which has both in one")
        }
        guard keyIDAs == .secret || place.kind == .actions else {
            throw DecodingError.dataCorruptedError(
                forKey: .keyIDAs, in: fields,
                debugDescription: "only workflows have variables: kind \(place.kind) keeps the key ID as a secret")
        }
        guard accessKeyID.lowercased() != secretAccessKey.lowercased() else {
            throw DecodingError.dataCorruptedError(
                forKey: .secretAccessKey, in: fields,
                debugDescription: "the same name as access-key-id: GitHub does not tell upper from lower case")
        }
    }

    /// The secrets that it writes, the one with the key ID first.
    var secretNames: [String] { file.map { [$0.name] } ?? [accessKeyID, secretAccessKey] }

    /// What messages begin with.
    func subject(_ name: String? = nil) -> String {
        oneLine("GitHub: " + (name.map { "\($0) in " } ?? "") + place.description)
    }

    /// GitHub's rule for the names of secrets and variables; their characters are the manifest's affair too.
    static func name(_ key: CodingKeys, _ fields: KeyedDecodingContainer<CodingKeys>) throws -> String {
        let name = try fields.decode(String.self, forKey: key)
        let isWord = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
        guard isWord, let first = name.first, !first.isNumber else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: fields,
                debugDescription: "GitHub takes letters, digits and _ only, and no digit at the beginning")
        }
        guard !name.uppercased().hasPrefix("GITHUB_") else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: fields, debugDescription: "GitHub keeps names that begin with GITHUB_ for itself")
        }
        return name
    }
}

extension Place {
    fileprivate init(_ fields: KeyedDecodingContainer<Target.CodingKeys>) throws {
        func wrong(_ key: Target.CodingKeys, _ why: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: why)
        }
        let kind = try fields.decodeIfPresent(Kind.self, forKey: .kind) ?? .actions
        let environment = try fields.decodeIfPresent(String.self, forKey: .environment)
        let organization = try fields.decodeIfPresent(String.self, forKey: .organization)
        guard let repository = try fields.decodeIfPresent(String.self, forKey: .repository) else {
            guard let organization else { throw wrong(.repository, "give repository or organization") }
            guard environment == nil else { throw wrong(.environment, "an organization has no environments") }
            self = .organization(organization, kind)
            return
        }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw wrong(.repository, "not owner/name") }
        guard organization == nil else { throw wrong(.organization, "give repository or organization, not both") }
        guard let environment else {
            self = .repository(owner: parts[0], name: parts[1], kind)
            return
        }
        guard kind == .actions else { throw wrong(.kind, "an environment has the secrets of actions only") }
        self = .environment(owner: parts[0], name: parts[1], environment: environment)
    }
}
