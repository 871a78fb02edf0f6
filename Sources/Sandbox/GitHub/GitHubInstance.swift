import Foundation

/// Where a vault is found.
enum GitHubVaultPath: Sendable, Hashable {
    case repository(String)
    case dependabot(String)
    case environment(String, repository: String)
    case organization(String)

    var isOrganization: Bool { if case .organization = self { true } else { false } }
}

struct GitHubInstance: Sendable {
    private(set) var repositories: [GitHubRepository] = []
    private(set) var organizations: [GitHubOrganization] = []

    mutating func addRepository(_ name: String, holding key: AccessKey? = nil) {
        var repository = GitHubRepository(id: 9001 + repositories.count, fullName: name)
        if let key {
            for (name, value) in [(PairNames.accessKeyID, key.id), (PairNames.secretAccessKey, key.secret)] {
                let secret = GitHubSecret(name: name, value: value, created: key.created, updated: key.created)
                _ = repository.actions.put(secret)
            }
        }
        repositories.append(repository)
    }

    mutating func addEnvironment(_ name: String, to repository: String) {
        guard let index = index(ofRepository: repository) else { return }
        repositories[index].environments.append((name, GitHubVault(capacity: 100)))
    }

    mutating func addOrganization(_ login: String) { organizations.append(GitHubOrganization(login: login)) }

    /// Owners and repositories are not case sensitive.
    func index(ofRepository name: String) -> Int? {
        repositories.firstIndex { $0.fullName.lowercased() == name.lowercased() }
    }

    mutating func changeVariables<Value>(
        of repository: String, _ body: (inout [GitHubVariable]) throws(GitHubError) -> Value
    ) throws(GitHubError) -> Value {
        guard let index = index(ofRepository: repository) else { throw .notFound }
        return try body(&repositories[index].variables)
    }

    /// Gives access to one vault; throws when there is no such place.
    mutating func change<Value>(
        _ path: GitHubVaultPath, _ body: (inout GitHubVault) throws(GitHubError) -> Value
    ) throws(GitHubError) -> Value {
        switch path {
        case .repository(let name):
            guard let index = index(ofRepository: name) else { throw .notFound }
            return try body(&repositories[index].actions)
        case .dependabot(let name):
            guard let index = index(ofRepository: name) else { throw .notFound }
            return try body(&repositories[index].dependabot)
        case .environment(let name, let repository):
            guard let index = index(ofRepository: repository),
                let place = repositories[index].environments.firstIndex(where: { $0.name == name })
            else { throw .notFound }
            return try body(&repositories[index].environments[place].vault)
        case .organization(let login):
            let index = organizations.firstIndex { $0.login.lowercased() == login.lowercased() }
            guard let index else { throw .notFound }
            return try body(&organizations[index].vault)
        }
    }
}
