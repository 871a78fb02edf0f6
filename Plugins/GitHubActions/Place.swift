import PusherKit

/// Whose secrets they are.
enum Place: Hashable, Sendable, CustomStringConvertible {
    case repository(owner: String, name: String, Kind)
    case environment(owner: String, name: String, environment: String)
    case organization(String, Kind)

    /// Who sees the secrets.
    enum Kind: String, Sendable, JSONReadable {
        case actions, dependabot, codespaces
    }

    /// The path of its secrets below the endpoint.
    var secrets: [String] { base + ["secrets"] }

    /// The path of its variables below the endpoint; those of Actions only.
    var variables: [String] { base + ["variables"] }

    private var base: [String] {
        switch self {
        case .repository(let owner, let name, let kind): ["repos", owner, name, kind.rawValue]
        case .environment(let owner, let name, let environment): ["repos", owner, name, "environments", environment]
        case .organization(let name, let kind): ["orgs", name, kind.rawValue]
        }
    }

    /// The path of the repository itself; nil for an organization.
    var repository: [String]? {
        switch self {
        case .repository(let owner, let name, _), .environment(let owner, let name, _): ["repos", owner, name]
        case .organization: nil
        }
    }

    /// The account that it belongs to. GitHub's names are not case-sensitive.
    var owner: String {
        switch self {
        case .repository(let owner, _, _), .environment(let owner, _, _), .organization(let owner, _):
            owner.lowercased()
        }
    }

    /// How many secrets it holds at most, where one page of a list has all of them: a repository and an environment
    /// hold 100, an organization 1,000; for the other kinds GitHub documents no number.
    var capacity: Int? {
        switch self {
        case .repository(_, _, .actions), .environment: 100
        default: nil
        }
    }

    var isOrganization: Bool {
        if case .organization = self { true } else { false }
    }

    var kind: Kind {
        switch self {
        case .repository(_, _, let kind), .organization(_, let kind): kind
        case .environment: .actions
        }
    }

    var description: String {
        switch self {
        case .repository(let owner, let name, .actions): "\(owner)/\(name)"
        case .repository(let owner, let name, let kind): "\(owner)/\(name) (\(kind.rawValue))"
        case .environment(let owner, let name, let environment): "\(owner)/\(name) (environment \(environment))"
        case .organization(let name, .actions): "organization \(name)"
        case .organization(let name, let kind): "organization \(name) (\(kind.rawValue))"
        }
    }
}
