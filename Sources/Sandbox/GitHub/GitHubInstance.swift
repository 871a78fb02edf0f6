import FoundationEssentials

/// Who has secrets and variables.
enum GitHubPlace: Sendable, Hashable {
    case repository(String)
    case environment(String, repository: String)
    case organization(String)

    var isOrganization: Bool { if case .organization = self { true } else { false } }
}

/// Where a vault is found.
struct GitHubVaultPath: Sendable, Hashable {
    let place: GitHubPlace
    var kind = GitHubKind.actions
}

struct GitHubInstance: Sendable {
    private(set) var repositories: [GitHubRepository] = []
    private(set) var organizations: [GitHubOrganization] = []
    private(set) var apps: [GitHubApp] = []
    private(set) var tokens: [GitHubInstallationToken] = []

    mutating func addRepository(_ name: String, holding key: AccessKey? = nil) {
        var repository = GitHubRepository(id: 9001 + repositories.count, fullName: name)
        if let key {
            // Written some time ago: a rotation that follows at once has to show another time.
            let written = key.created.addingTimeInterval(-3_600)
            for (name, value) in [(PairNames.accessKeyID, key.id), (PairNames.secretAccessKey, key.secret)] {
                let secret = GitHubSecret(name: name, value: value, created: written, updated: written)
                _ = repository.shelf[.actions].put(secret)
            }
        }
        repositories.append(repository)
    }

    mutating func addEnvironment(_ name: String, to repository: String) {
        guard let index = index(ofRepository: repository) else { return }
        repositories[index].environments.append((name, GitHubShelf(capacity: 100)))
    }

    mutating func addOrganization(_ login: String) { organizations.append(GitHubOrganization(login: login)) }

    mutating func add(_ app: GitHubApp) { apps.append(app) }

    /// The last thousand are enough.
    mutating func add(_ token: GitHubInstallationToken) { tokens = tokens.suffix(999) + [token] }

    mutating func forgetTokens() { tokens = [] }

    mutating func archive(_ repository: String) {
        guard let index = index(ofRepository: repository) else { return }
        repositories[index].isArchived = true
    }

    /// Sets which repositories of an organization run workflows.
    mutating func setActions(_ enabled: String, _ repositories: [Int], of login: String) {
        guard let index = organizations.firstIndex(where: { $0.login == login }) else { return }
        organizations[index].actions = (enabled, repositories)
    }

    /// Owners and repositories are not case sensitive.
    func index(ofRepository name: String) -> Int? {
        repositories.firstIndex { $0.fullName.lowercased() == name.lowercased() }
    }

    func repository(_ name: String) throws(GitHubError) -> GitHubRepository {
        guard let index = index(ofRepository: name) else { throw .notFound }
        return repositories[index]
    }

    /// Gives access to what a place keeps; throws when there is no such place.
    mutating func change<Value>(
        _ place: GitHubPlace, _ body: (inout GitHubShelf) throws(GitHubError) -> Value
    ) throws(GitHubError) -> Value {
        switch place {
        case .repository(let name):
            guard let index = index(ofRepository: name) else { throw .notFound }
            return try body(&repositories[index].shelf)
        case .environment(let name, let repository):
            guard let index = index(ofRepository: repository),
                let place = repositories[index].environments.firstIndex(where: { $0.name == name })
            else { throw .notFound }
            return try body(&repositories[index].environments[place].shelf)
        case .organization(let login):
            let index = organizations.firstIndex { $0.login.lowercased() == login.lowercased() }
            guard let index else { throw .notFound }
            return try body(&organizations[index].shelf)
        }
    }
}
