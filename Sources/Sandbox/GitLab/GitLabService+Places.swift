import FoundationEssentials
import JSON
import Synchronization

/// What GitLab says about the token, projects and groups themselves, and where a project has gone.
extension GitLabService {
    /// - Returns: nil for other paths.
    func describe(_ request: Request, _ moods: Moods) -> Reply? {
        let segments = request.segments.compactMap(\.removingPercentEncoding)
        guard segments.count == 4, segments.starts(with: ["api", "v4"]) else { return nil }
        switch (segments[2], segments[3]) {
        case ("personal_access_tokens", "self"):
            return .json(
                200,
                [
                    "id": 7, "name": "keyturn", "revoked": false, "created_at": "2026-01-01T00:00:00.000Z",
                    "description": .null, "scopes": .array(moods.gitlabScopes.map(JSONValue.string)), "user_id": 3,
                    "last_used_at": .null, "active": true, "expires_at": .optional(moods.gitlabTokenEnd),
                ])
        case ("projects", let name):
            if let place = moods.gitlabMoved[name] { return try? moved(request, to: place) }
            return owner(.project, name).map { .json(200, Self.project($0)) }
        case ("groups", let name):
            return owner(.group, name).map { .json(200, Self.group($0)) }
        default: return nil
        }
    }

    /// GitLab redirects reading requests to the number, and takes no others.
    func moved(_ request: Request, to place: String) throws(GitLabError) -> Reply {
        guard request.method == "GET" || request.method == "HEAD" else {
            throw GitLabError(status: 405, body: ["message": "Non GET methods are not allowed for moved projects"])
        }
        guard let owner = owner(.project, place) else { throw .message(404, "Project Not Found") }
        let rest = request.segments.dropFirst(4).map { "/\($0)" }.joined()
        let location = "\(request.base)/api/v4/projects/\(owner.id)\(rest)"
        return Reply.json(301, ["message": .string("This resource has been moved permanently to \(location)")])
            .adding([("Location", location)])
    }

    private func owner(_ kind: GitLabOwnerKind, _ name: String) -> GitLabOwner? {
        world.gitlab.withLock { instance in instance.index(of: kind, name).map { instance[$0] } }
    }
}
