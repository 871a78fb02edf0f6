import Synchronization

/// Every place of the three CI systems with the variables that it holds, by the name that people call it.
struct Places: Sendable {
    private(set) var variables: [String: [String: String]] = [:]

    init(_ world: World) {
        add(world.travis.withLock { $0.repositories })
        add(world.gitlab.withLock { $0.owners })
        let github = world.github.withLock { (repositories: $0.repositories, organizations: $0.organizations) }
        for repository in github.repositories { add(repository) }
        for organization in github.organizations { add(organization.shelf, as: "github:\(organization.login)") }
    }

    private mutating func add(_ repositories: [TravisRepository]) {
        for repository in repositories {
            let name = "travis:\(repository.slug)"
            variables[name] = [:]
            for variable in repository.variables {
                let place = variable.branch.map { "\(name)@\($0)" } ?? name
                variables[place, default: [:]][variable.name] = variable.value
            }
        }
    }

    private mutating func add(_ owners: [GitLabOwner]) {
        for owner in owners {
            let name = "gitlab:" + (owner.kind == .instance ? "instance" : owner.path)
            variables[name] = [:]
            for variable in owner.variables {
                let place = variable.scope == GitLabVariable.everyScope ? name : "\(name)@\(variable.scope)"
                variables[place, default: [:]][variable.key] = variable.value
            }
        }
    }

    private mutating func add(_ repository: GitHubRepository) {
        let name = "github:\(repository.fullName)"
        add(repository.shelf, as: name)
        for environment in repository.environments { add(environment.shelf, as: "\(name)@\(environment.name)") }
    }

    /// Secrets and variables of a name are next to each other at GitHub: the variable is shown as `vars.NAME` there.
    private mutating func add(_ shelf: GitHubShelf, as name: String) {
        for kind in GitHubKind.allCases {
            let secrets = shelf[kind].secrets
            guard kind == .actions || !secrets.isEmpty else { continue }
            variables[kind == .actions ? name : "\(name)#\(kind.rawValue)"] = Dictionary(
                uniqueKeysWithValues: secrets.map { ($0.name, $0.value) })
        }
        for variable in shelf.variables {
            let isBoth = variables[name]?[variable.name] != nil
            variables[name, default: [:]][isBoth ? "vars.\(variable.name)" : variable.name] = variable.value
        }
    }
}
