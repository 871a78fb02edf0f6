import PusherKit

/// The key pair's names in one repository, environment or organization.
struct Target: JSONReadable, Sendable {
    let place: Place
    let accessKeyID: String
    let secretAccessKey: String
    let keyIDAs: KeyIDForm
    /// The one secret that holds both parts instead, where the target has that shape.
    let file: CredentialsSecret?

    /// What keeps the access key ID.
    enum KeyIDForm: String, JSONReadable {
        case secret, variable
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        place = try Place(fields)
        accessKeyID = try Self.name("access-key-id", fields)
        secretAccessKey = try Self.name("secret-access-key", fields)
        keyIDAs = try fields.optional("key-id-as") ?? .secret
        file = try CredentialsSecret(fields)
        guard file == nil || keyIDAs == .secret else {
            throw fields.wrong("key-id-as", "not with shape: credentials-file, which has both in one")
        }
        guard keyIDAs == .secret || place.kind == .actions else {
            throw fields.wrong(
                "key-id-as", "only workflows have variables: kind \(place.kind.rawValue) keeps the key ID as a secret")
        }
        guard accessKeyID.lowercased() != secretAccessKey.lowercased() else {
            throw fields.wrong(
                "secret-access-key", "the same name as access-key-id: GitHub does not distinguish upper and lower case")
        }
    }

    /// The secrets that it writes, the one with the key ID first.
    var secretNames: [String] { file.map { [$0.name] } ?? [accessKeyID, secretAccessKey] }

    /// What messages begin with.
    func subject(_ name: String? = nil) -> String {
        oneLine("GitHub: " + (name.map { "\($0) in " } ?? "") + place.description)
    }

    /// GitHub's rule for the names of secrets and variables; their characters are the manifest's affair too.
    static func name(_ field: String, _ fields: JSONValue) throws(JSONMismatch) -> String {
        let name: String = try fields.value(field)
        let isWord = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
        guard isWord, let first = name.first, !first.isNumber else {
            throw fields.wrong(field, "GitHub takes letters, digits and _ only, and no digit at the beginning")
        }
        guard !name.uppercased().hasPrefix("GITHUB_") else {
            throw fields.wrong(field, "GitHub keeps names that begin with GITHUB_ for itself")
        }
        return name
    }
}

extension Place {
    fileprivate init(_ fields: JSONValue) throws(JSONMismatch) {
        let kind = try fields.optional("kind") ?? Kind.actions
        let environment: String? = try fields.optional("environment")
        let organization: String? = try fields.optional("organization")
        guard let repository: String = try fields.optional("repository") else {
            guard let organization else { throw fields.wrong("repository", "give repository or organization") }
            guard environment == nil else { throw fields.wrong("environment", "an organization has no environments") }
            self = .organization(organization, kind)
            return
        }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw fields.wrong("repository", "not owner/name")
        }
        guard organization == nil else {
            throw fields.wrong("organization", "give repository or organization, not both")
        }
        guard let environment else {
            self = .repository(owner: parts[0], name: parts[1], kind)
            return
        }
        guard kind == .actions else { throw fields.wrong("kind", "an environment has the secrets of actions only") }
        self = .environment(owner: parts[0], name: parts[1], environment: environment)
    }
}
