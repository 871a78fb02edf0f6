import FoundationEssentials
import JSON
import Synchronization

/// Which of its repositories see what an organization keeps.
extension GitHubService {
    /// What a writing request says of it. What is not sent again is not kept: it ends.
    ///
    /// - Parameter former: what holds where the request does not say it, for the requests that change a part only.
    func access(
        _ body: [String: JSONValue], _ place: GitHubPlace, former: GitHubAccess? = nil
    ) throws(GitHubError) -> GitHubAccess {
        guard place.isOrganization else { return GitHubAccess() }
        guard let visibility = body["visibility"] ?? former?.visibility.map(JSONValue.string) else {
            throw .invalid("visibility", code: "missing_field")
        }
        guard let visibility = visibility.string, ["all", "private", "selected"].contains(visibility) else {
            throw .invalid("visibility")
        }
        let sent = body["selected_repository_ids"]?.array ?? []
        let known = world.github.withLock { Set($0.repositories.map(\.id)) }
        let repositories = sent.compactMap(\.int)
        guard repositories.count == sent.count, repositories.allSatisfy(known.contains) else {
            throw .invalid("selected_repository_ids")
        }
        return GitHubAccess(visibility: visibility, repositories: visibility == "selected" ? repositories : [])
    }

    /// The list of the selected repositories; there is none for other visibilities.
    func repositories(_ access: GitHubAccess, _ request: Request) throws(GitHubError) -> Reply {
        guard access.visibility == "selected" else {
            throw GitHubError(status: 409, message: "Visibility type is not selected")
        }
        let all = world.github.withLock { $0.repositories }.filter { access.repositories.contains($0.id) }
        let page = page(request, total: all.count, standard: 30, most: 100)
        return list("repositories", page.cut(all).map(brief), page: page, request: request)
    }

    /// The fields that an organization's secrets and variables have besides the others'.
    func render(_ access: GitHubAccess, list url: String) -> [String: JSONValue] {
        var fields: [String: JSONValue] = ["visibility": .optional(access.visibility)]
        if access.visibility == "selected" { fields["selected_repositories_url"] = .string(url) }
        return fields
    }

    func showRepository(_ name: String) throws(GitHubError) -> Reply {
        let repository = try world.github.withLock { github throws(GitHubError) in try github.repository(name) }
        return .json(200, brief(repository))
    }

    /// An archived repository takes no writes.
    func refuseArchived(_ place: GitHubPlace) throws(GitHubError) {
        let name: String
        switch place {
        case .repository(let repository), .environment(_, let repository): name = repository
        case .organization: return
        }
        let repository = try world.github.withLock { github throws(GitHubError) in try github.repository(name) }
        guard !repository.isArchived else {
            throw GitHubError(status: 403, message: "Repository was archived so is read-only.")
        }
    }

    func brief(_ repository: GitHubRepository) -> JSONValue {
        [
            "id": .int(repository.id), "full_name": .string(repository.fullName), "private": true,
            "archived": .bool(repository.isArchived),
            "permissions": ["admin": true, "push": true, "pull": true],
        ]
    }
}
