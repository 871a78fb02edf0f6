import JSON
import Synchronization

/// What is around a repository's own secrets and variables.
extension GitHubService {
    func environments(of repository: String, _ request: Request) throws(GitHubError) -> Reply {
        let found = try world.github.withLock { github throws(GitHubError) in try github.repository(repository) }
        let page = page(request, total: found.environments.count, standard: 30, most: 100)
        let items = page.cut(found.environments).enumerated().map { index, environment in
            JSONValue.object(["id": .int(index + 1), "name": .string(environment.name)])
        }
        return list("environments", items, page: page, request: request)
    }

    /// The variables of its organization that the repository sees.
    func inheritedVariables(of repository: String, _ request: Request) throws(GitHubError) -> Reply {
        let owner = repository.prefix { $0 != "/" }.lowercased()
        let (found, organization) = try world.github.withLock { github throws(GitHubError) in
            (try github.repository(repository), github.organizations.first { $0.login.lowercased() == owner })
        }
        let variables = (organization?.shelf.variables ?? []).filter { variable in
            variable.access.visibility != "selected" || variable.access.repositories.contains(found.id)
        }
        let page = page(request, total: variables.count, standard: 10, most: 30)
        let items = page.cut(variables).map { variable in
            JSONValue.object([
                "name": .string(variable.name), "value": .string(variable.value),
                "created_at": .string(Timestamp.text(variable.created)),
                "updated_at": .string(Timestamp.text(variable.updated)),
            ])
        }
        return list("variables", items, page: page, request: request)
    }
}
