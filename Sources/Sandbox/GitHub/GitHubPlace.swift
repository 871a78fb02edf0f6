import FoundationEssentials

/// Who of an organization's repositories sees something; nil for what is not an organization's.
struct GitHubAccess: Sendable {
    var visibility: String?
    var repositories: [Int] = []
}

/// A secret, opened: the sandbox keeps the value to judge it, and never shows it.
struct GitHubSecret: Sendable {
    let name: String
    var value: String
    let created: Date
    var updated: Date
    var access = GitHubAccess()
    /// When it was written, by this machine's clock, and the time of the write before; a list may lag behind.
    var written = Date.distantPast
    var former: Date?
}

/// A place that holds secrets and has a public key of its own.
struct GitHubVault: Sendable {
    let box = SealedBox()
    let keyID = Random.keyID()
    /// How many secrets it may hold.
    let capacity: Int
    private(set) var secrets: [GitHubSecret] = []

    init(capacity: Int) { self.capacity = capacity }

    func secret(_ name: String) -> GitHubSecret? { secrets.first { $0.name == name.uppercased() } }

    /// Returns whether the secret is new; nil when there is no room for it.
    mutating func put(_ secret: GitHubSecret) -> Bool? {
        if let index = secrets.firstIndex(where: { $0.name == secret.name }) {
            var changed = GitHubSecret(
                name: secret.name, value: secret.value, created: secrets[index].created, updated: secret.updated,
                access: secret.access)
            changed.written = secret.written
            changed.former = secrets[index].updated
            secrets[index] = changed
            return false
        }
        guard secrets.count < capacity else { return nil }
        secrets.append(secret)
        return true
    }

    mutating func remove(_ name: String) -> Bool {
        guard let index = secrets.firstIndex(where: { $0.name == name.uppercased() }) else { return false }
        secrets.remove(at: index)
        return true
    }
}

/// A configuration variable, which can be read back.
struct GitHubVariable: Sendable {
    var name: String
    var value: String
    let created: Date
    var updated: Date
    var access = GitHubAccess()
}

/// Who reads secrets: each has a vault of its own.
enum GitHubKind: String, Sendable, CaseIterable {
    case actions, dependabot, codespaces, agents
}

/// What a repository, an environment or an organization keeps.
struct GitHubShelf: Sendable {
    private var vaults: [GitHubKind: GitHubVault]
    var variables: [GitHubVariable] = []
    /// Those of Agents.
    var agentVariables: [GitHubVariable] = []

    init(capacity: Int) {
        vaults = Dictionary(uniqueKeysWithValues: GitHubKind.allCases.map { ($0, GitHubVault(capacity: capacity)) })
    }

    subscript(kind: GitHubKind) -> GitHubVault {
        get { vaults[kind, default: GitHubVault(capacity: 0)] }
        set { vaults[kind] = newValue }
    }
}

struct GitHubRepository: Sendable {
    let id: Int
    let fullName: String
    var isArchived = false
    var isFork = false
    var shelf = GitHubShelf(capacity: 100)
    var environments: [(name: String, shelf: GitHubShelf)] = []
}

struct GitHubOrganization: Sendable {
    let login: String
    /// Which repositories run workflows: `all`, `none` or `selected`, and then those of these numbers.
    var actions = (enabled: "all", repositories: [Int]())
    var shelf = GitHubShelf(capacity: 1000)
}
