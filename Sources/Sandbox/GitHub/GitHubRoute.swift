import FoundationEssentials

/// The paths of GitHub's REST API that this implements.
enum GitHubRoute: Sendable {
    case rateLimit
    case app(GitHubAppRoute)
    case repository(String)
    case environments(String)
    case listing(GitHubListing)
    case agentVariables(GitHubPlace)
    case organizationVariables(String)
    case secrets(GitHubVaultPath)
    case publicKey(GitHubVaultPath)
    case secret(GitHubVaultPath, name: String)
    case secretRepositories(GitHubVaultPath, name: String)
    case variables(GitHubPlace)
    case variable(GitHubPlace, name: String)
    case variableRepositories(GitHubPlace, name: String)

    /// - Returns: nil for a path that has no route; a trailing slash makes it one, and so does a raw slash in a
    ///   name.
    init?(_ request: Request) {
        let raw = request.segments
        let segments = raw.compactMap(\.removingPercentEncoding)
        guard segments.count == raw.count, !segments.contains("") else { return nil }
        if let route = GitHubAppRoute(segments) {
            self = .app(route)
            return
        }
        if let listing = GitHubListing(segments) {
            self = .listing(listing)
            return
        }
        switch segments.first {
        case "rate_limit" where segments.count == 1: self = .rateLimit
        case "orgs" where segments.count >= 4:
            self.init(.organization(segments[1]), Array(segments.dropFirst(2)))
        case "repos" where segments.count == 3: self = .repository("\(segments[1])/\(segments[2])")
        case "repos" where segments.count == 4 && segments[3] == "environments":
            self = .environments("\(segments[1])/\(segments[2])")
        case "repos" where segments.count == 5 && segments[3...].elementsEqual(["actions", "organization-variables"]):
            self = .organizationVariables("\(segments[1])/\(segments[2])")
        case "repos" where segments.count >= 5:
            self.init(repository: "\(segments[1])/\(segments[2])", Array(segments.dropFirst(3)))
        default: return nil
        }
    }

    private init?(repository: String, _ rest: [String]) {
        guard rest[0] == "environments" else {
            self.init(.repository(repository), rest)
            return
        }
        guard rest.count >= 3 else { return nil }
        // An environment has the secrets and variables of Actions only, and does not say so in its path.
        self.init(.environment(rest[1], repository: repository), ["actions"] + rest.dropFirst(2))
    }

    /// - Parameter rest: `actions`, `secrets` or `variables`, and what follows.
    private init?(_ place: GitHubPlace, _ rest: [String]) {
        guard let kind = GitHubKind(rawValue: rest[0]) else { return nil }
        let path = GitHubVaultPath(place: place, kind: kind)
        let tail = Array(rest.dropFirst(2))
        let isList = tail.count == 2 && tail[1] == "repositories" && place.isOrganization
        switch (rest[1], tail.count) {
        case ("secrets", 0): self = .secrets(path)
        case ("secrets", 1): self = tail[0] == "public-key" ? .publicKey(path) : .secret(path, name: tail[0])
        case ("secrets", 2) where isList: self = .secretRepositories(path, name: tail[0])
        case ("variables", 0) where kind == .agents: self = .agentVariables(place)
        case ("variables", 0) where kind == .actions: self = .variables(place)
        case ("variables", 1) where kind == .actions: self = .variable(place, name: tail[0])
        case ("variables", 2) where kind == .actions && isList: self = .variableRepositories(place, name: tail[0])
        default: return nil
        }
    }
}
