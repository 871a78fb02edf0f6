import PusherKit

/// Two secrets of one repository, environment or organization.
struct Target: Decodable, Sendable {
    let place: Place
    let accessKeyID: String
    let secretAccessKey: String

    enum CodingKeys: String, CodingKey {
        case repository, environment, organization, kind
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        place = try Place(fields)
        accessKeyID = try fields.decode(String.self, forKey: .accessKeyID)
        secretAccessKey = try fields.decode(String.self, forKey: .secretAccessKey)
    }

    /// What messages begin with.
    func subject(_ name: String? = nil) -> String {
        oneLine("GitHub: " + (name.map { "\($0) in " } ?? "") + place.description)
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
