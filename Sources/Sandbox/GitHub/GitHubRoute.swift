import Foundation

/// The paths of GitHub's REST API that this stands for.
enum GitHubRoute: Sendable {
    case rateLimit
    case installationToken
    case secrets(GitHubVaultPath)
    case publicKey(GitHubVaultPath)
    case secret(GitHubVaultPath, name: String)
    case variables(repository: String)
    case variable(repository: String, name: String)

    /// - Returns: nil for a path that has no route; a trailing slash makes it one, and so does a raw slash in a
    ///   name.
    init?(_ request: Request) {
        let raw = request.segments
        let segments = raw.compactMap(\.removingPercentEncoding)
        guard segments.count == raw.count, !segments.contains("") else { return nil }
        switch segments.first {
        case "rate_limit" where segments.count == 1: self = .rateLimit
        case "app":
            guard segments.count == 4, segments[1] == "installations", segments[3] == "access_tokens",
                Int(segments[2]) != nil
            else { return nil }
            self = .installationToken
        case "orgs":
            guard segments.count >= 4, segments[2...3] == ["actions", "secrets"] else { return nil }
            self.init(secretsOf: .organization(segments[1]), rest: segments.dropFirst(4))
        case "repos" where segments.count >= 5:
            self.init(repository: "\(segments[1])/\(segments[2])", rest: segments.dropFirst(3))
        default: return nil
        }
    }

    private init?(repository: String, rest: ArraySlice<String>) {
        let rest = Array(rest)
        switch (rest[0], rest[1]) {
        case ("actions", "secrets"): self.init(secretsOf: .repository(repository), rest: rest.dropFirst(2))
        case ("actions", "variables") where rest.count == 2: self = .variables(repository: repository)
        case ("actions", "variables") where rest.count == 3:
            self = .variable(repository: repository, name: rest[2])
        case ("dependabot", "secrets") where rest.count == 3:
            self.init(secretsOf: .dependabot(repository), rest: rest.dropFirst(2))
        case ("environments", let name) where rest.count >= 3 && rest[2] == "secrets":
            self.init(secretsOf: .environment(name, repository: repository), rest: rest.dropFirst(3))
        default: return nil
        }
    }

    private init?(secretsOf path: GitHubVaultPath, rest: ArraySlice<String>) {
        switch (rest.count, rest.first) {
        case (0, _): self = .secrets(path)
        case (1, "public-key"): self = .publicKey(path)
        case (1, let name?): self = .secret(path, name: name)
        default: return nil
        }
    }
}
