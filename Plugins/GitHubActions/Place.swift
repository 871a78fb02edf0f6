import PusherKit

/// Whose secrets they are.
enum Place: Sendable, CustomStringConvertible {
    case repository(owner: String, name: String, Kind)
    case environment(owner: String, name: String, environment: String)
    case organization(String, Kind)

    /// Who sees the secrets.
    enum Kind: String, Sendable, Decodable {
        case actions, dependabot, codespaces

        /// The permission of a fine-grained token, as GitHub's settings call it.
        var permission: String {
            switch self {
            case .actions: "Secrets"
            case .dependabot: "Dependabot secrets"
            case .codespaces: "Codespaces secrets"
            }
        }
    }

    /// The path of its secrets below the endpoint.
    var path: [String] {
        switch self {
        case .repository(let owner, let name, let kind): ["repos", owner, name, kind.rawValue, "secrets"]
        case .environment(let owner, let name, let environment):
            ["repos", owner, name, "environments", environment, "secrets"]
        case .organization(let name, let kind): ["orgs", name, kind.rawValue, "secrets"]
        }
    }

    /// Whether one page of a list has all its secrets: a repository and an environment hold 100 at most, an
    /// organization 1,000; for the other kinds GitHub documents no number.
    var isListedInOnePage: Bool {
        switch self {
        case .repository(_, _, .actions), .environment: true
        default: false
        }
    }

    var isOrganization: Bool {
        if case .organization = self { true } else { false }
    }

    var description: String {
        switch self {
        case .repository(let owner, let name, .actions): "\(owner)/\(name)"
        case .repository(let owner, let name, let kind): "\(owner)/\(name) (\(kind))"
        case .environment(let owner, let name, let environment): "\(owner)/\(name) (environment \(environment))"
        case .organization(let name, .actions): "organization \(name)"
        case .organization(let name, let kind): "organization \(name) (\(kind))"
        }
    }

    /// The least permission that writing takes.
    var permission: String {
        switch self {
        case .repository(_, _, let kind): "write access to \(kind.permission) of the repository (classic: scope repo)"
        case .environment: "write access to Environments of the repository (classic: scope repo)"
        case .organization(_, let kind):
            "write access to \(kind.permission) of the organization (classic: scope admin:org)"
        }
    }
}
