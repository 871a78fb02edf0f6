import PusherKit

/// Whose secrets and variables they are.
enum Place: Sendable {
    case repository(owner: String, name: String)
    case organization(String)
    /// The token's user.
    case user

    init(_ fields: JSONValue) throws(JSONMismatch) {
        let repository: String? = try fields.optional("repository")
        let organization: String? = try fields.optional("organization")
        let user: Bool? = try fields.optional("user")
        switch (repository, organization, user) {
        case (let repository?, nil, nil):
            let parts = repository.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts.contains("") else { throw fields.wrong("repository", "not OWNER/NAME") }
            self = .repository(owner: parts[0], name: parts[1])
        case (nil, let organization?, nil): self = .organization(organization)
        case (nil, nil, true?): self = .user
        default: throw fields.wrong("repository", "give repository, organization, or user: true")
        }
    }

    /// The path of what belongs to it.
    var path: [String] {
        switch self {
        case .repository(let owner, let name): ["repos", owner, name]
        case .organization(let organization): ["orgs", organization]
        case .user: ["user"]
        }
    }

    /// The scope that a token needs to write there.
    var scope: String {
        switch self {
        case .repository: "write:repository"
        case .organization: "write:organization"
        case .user: "write:user"
        }
    }

    var description: String {
        switch self {
        case .repository(let owner, let name): "\(owner)/\(name)"
        case .organization(let organization): "organization \(organization)"
        case .user: "the token's user"
        }
    }

    /// The fields of a target that is there.
    var fields: [(name: String, value: String)] {
        switch self {
        case .repository(let owner, let name): [("repository", "\(owner)/\(name)")]
        case .organization(let organization): [("organization", organization)]
        case .user: [("user", "true")]
        }
    }
}
