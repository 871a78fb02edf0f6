import Foundation

/// A secret, opened: the sandbox keeps the value to judge it, and never shows it.
struct GitHubSecret: Sendable {
    let name: String
    var value: String
    let created: Date
    var updated: Date
    /// Organizations only.
    var visibility: String?
    var selectedRepositories: [Int] = []
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
            let created = secrets[index].created
            secrets[index] = GitHubSecret(
                name: secret.name, value: secret.value, created: created, updated: secret.updated,
                visibility: secret.visibility, selectedRepositories: secret.selectedRepositories)
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

/// A configuration variable of a repository, which can be read back.
struct GitHubVariable: Sendable {
    var name: String
    var value: String
    let created: Date
    var updated: Date
}

struct GitHubRepository: Sendable {
    let id: Int
    let fullName: String
    var actions = GitHubVault(capacity: 100)
    var dependabot = GitHubVault(capacity: 100)
    var environments: [(name: String, vault: GitHubVault)] = []
    var variables: [GitHubVariable] = []
}

struct GitHubOrganization: Sendable {
    let login: String
    var vault = GitHubVault(capacity: 1000)
}
