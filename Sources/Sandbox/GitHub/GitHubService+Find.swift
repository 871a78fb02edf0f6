import FoundationEssentials
import JSON
import Synchronization

/// What is found below an owner.
extension GitHubService {
    /// The owner's name of the personal token's user.
    static let user = "octocat"

    func list(_ listing: GitHubListing, _ request: Request) throws(GitHubError) -> Reply {
        let (repositories, organizations) = world.github.withLock { ($0.repositories, $0.organizations) }
        func owned(by login: String) -> [GitHubRepository] {
            repositories.filter { $0.fullName.lowercased().hasPrefix(login.lowercased() + "/") }
        }
        func organization(_ login: String) throws(GitHubError) -> GitHubOrganization {
            let found = organizations.first { $0.login.lowercased() == login.lowercased() }
            guard let found else { throw .notFound }
            return found
        }
        switch listing {
        case .organization(let login):
            _ = try organization(login)
            return page(of: owned(by: login), request)
        case .user(let login):
            guard !owned(by: login).isEmpty else { throw .notFound }
            return page(of: owned(by: login), request)
        case .own: return page(of: owned(by: Self.user), request)
        case .actions(let login):
            let actions = try organization(login).actions
            return .json(
                200,
                [
                    "enabled_repositories": .string(actions.enabled), "allowed_actions": "all",
                    "sha_pinning_required": false,
                ])
        case .actionsRepositories(let login):
            let actions = try organization(login).actions
            guard actions.enabled == "selected" else {
                throw GitHubError(status: 409, message: "The organization's policy does not select repositories.")
            }
            let selected = repositories.filter { actions.repositories.contains($0.id) }
            let page = page(request, total: selected.count, standard: 30, most: 100)
            return list("repositories", page.cut(selected).map(minimal), page: page, request: request)
        }
    }

    func listAgentVariables(_ place: GitHubPlace, _ request: Request) throws(GitHubError) -> Reply {
        let variables = try world.github.withLock { github throws(GitHubError) in
            try github.change(place) { shelf throws(GitHubError) in shelf.agentVariables }
        }
        let page = page(request, total: variables.count, standard: 10, most: 30)
        return list(
            "variables", page.cut(variables).map { render($0, in: place, request) }, page: page, request: request)
    }

    /// A list without a count: it goes on as long as a Link says so.
    private func page(of repositories: [GitHubRepository], _ request: Request) -> Reply {
        let page = page(request, total: repositories.count, standard: 30, most: 100)
        let reply = Reply.json(200, .array(page.cut(repositories).map(minimal)))
        let link = page.link(
            to: request.base + request.path,
            relations: [("prev", page.previous), ("next", page.next), ("last", page.next == nil ? nil : page.pages)])
        return link.map { reply.adding([("Link", $0)]) } ?? reply
    }

    private func minimal(_ repository: GitHubRepository) -> JSONValue {
        let parts = repository.fullName.split(separator: "/").map(String.init)
        var fields: [String: JSONValue] = [
            "id": .int(repository.id), "node_id": .string("R_\(repository.id)"), "name": .string(parts.last ?? ""),
            "full_name": .string(repository.fullName), "private": true, "archived": .bool(repository.isArchived),
            "disabled": false, "fork": .bool(repository.isFork), "description": .null, "visibility": "private",
            "permissions": ["admin": true, "push": true, "pull": true, "maintain": true, "triage": true],
            "owner": owner(parts.first ?? ""),
        ]
        let url = "https://api.github.com/repos/\(repository.fullName)"
        for name in Self.links { fields[name] = .string("\(url)/\(name)") }
        fields["url"] = .string(url)
        return .object(fields)
    }

    private func owner(_ login: String) -> JSONValue {
        var fields: [String: JSONValue] = [
            "id": 7, "login": .string(login), "node_id": "O_7", "gravatar_id": "", "site_admin": false,
            "type": "Organization",
        ]
        for name in [
            "avatar_url", "events_url", "followers_url", "following_url", "gists_url", "html_url", "organizations_url",
            "received_events_url", "repos_url", "starred_url", "subscriptions_url", "url",
        ] { fields[name] = .string("https://api.github.com/users/\(login)/\(name)") }
        return .object(fields)
    }

    /// The links that every repository in a list has.
    private static let links = [
        "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
        "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks",
        "html", "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones",
        "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams",
        "trees",
    ].map { "\($0)_url" }
}
