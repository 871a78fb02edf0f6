import FoundationEssentials
import Synchronization

extension GitHubService {
    /// Lets in the one personal token, which may do everything, and installation tokens, which may do what they are for.
    func authenticate(_ request: Request, for route: GitHubRoute?) throws(GitHubError) {
        guard let authorization = request.header("Authorization") else { throw .requiresAuthentication }
        let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, ["bearer", "token"].contains(words[0].lowercased()) else { throw .badCredentials }
        if Sodium.equal(words[1], world.credentials.github) { return }
        let tokens = world.github.withLock { $0.tokens }
        guard let token = tokens.first(where: { Sodium.equal($0.text, words[1]) }), token.expires > Date() else {
            throw .badCredentials
        }
        guard let route, let need = Need(route, method: request.method) else { return }
        guard need.owner.lowercased() == token.account.lowercased(),
            need.repository.map({ token.repositories?.contains($0) ?? true }) ?? true
        else { throw .notFound }
        let level = token.permissions[need.permission]
        guard level == "write" || !need.isWrite && level == "read" else {
            throw GitHubError(
                status: 403, message: "Resource not accessible by integration",
                headers: [
                    ("X-Accepted-GitHub-Permissions", "\(need.permission)=\(need.isWrite ? "write" : "read")")
                ])
        }
    }
}

/// What a request takes of an installation token.
private struct Need {
    let owner: String
    let repository: String?
    let permission: String
    let isWrite: Bool

    init?(_ route: GitHubRoute, method: String) {
        let (place, permission): (GitHubPlace, String)
        switch route {
        case .rateLimit, .app, .repository, .environments, .listing: return nil
        case .organizationVariables(let name):
            place = .repository(name)
            permission = "actions_variables"
        case .secrets(let path), .publicKey(let path), .secret(let path, _), .secretRepositories(let path, _):
            place = path.place
            permission = [.actions: "secrets", .dependabot: "dependabot_secrets"][path.kind] ?? "codespaces_secrets"
        case .agentVariables(let found), .variables(let found), .variable(let found, _),
            .variableRepositories(let found, _):
            place = found
            permission = "actions_variables"
        }
        isWrite = !["GET", "HEAD"].contains(method)
        switch place {
        case .repository(let name), .environment(_, let name):
            let parts = name.split(separator: "/").map(String.init)
            owner = parts[0]
            repository = parts[1]
        case .organization(let login):
            owner = login
            repository = nil
        }
        switch place {
        case .repository: self.permission = permission
        case .environment: self.permission = "environments"
        case .organization: self.permission = "organization_\(permission)"
        }
    }
}
