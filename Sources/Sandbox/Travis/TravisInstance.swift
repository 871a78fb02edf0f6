/// An environment variable of a Travis CI repository.
struct TravisVariable: Sendable {
    let id: String
    var name: String
    var value: String?
    /// Null unless someone said it.
    var isPublic: Bool?
    var branch: String?
}

/// A repository whose variables are one document, as Travis CI keeps them: whoever writes, writes all of them.
struct TravisRepository: Sendable {
    let id: Int
    let slug: String
    var isActive = true
    var variables: [TravisVariable] = []
}

struct TravisInstance: Sendable {
    private(set) var repositories: [TravisRepository] = []
    /// By owner: variables of the account.
    var accounts: [String: [TravisVariable]] = [:]

    mutating func addRepository(_ slug: String, holding key: AccessKey? = nil) {
        var repository = TravisRepository(id: 1001 + repositories.count, slug: slug)
        if let key {
            for (name, value) in [(PairNames.accessKeyID, key.id), (PairNames.secretAccessKey, key.secret)] {
                repository.variables.append(
                    TravisVariable(id: Random.uuid(), name: name, value: value, isPublic: false))
            }
        }
        repositories.append(repository)
    }

    mutating func setActive(_ isActive: Bool, _ slug: String) {
        guard let index = repositories.firstIndex(where: { $0.slug == slug }) else { return }
        repositories[index].isActive = isActive
    }

    /// - Parameter name: a number or a slug, decoded.
    func repository(_ name: String) -> TravisRepository? {
        repositories.first { $0.slug == name || String($0.id) == name }
    }

    /// Writes the whole document, whatever has become of it since it was read.
    mutating func write(_ variables: [TravisVariable], to id: Int) {
        guard let index = repositories.firstIndex(where: { $0.id == id }) else { return }
        repositories[index].variables = variables
    }
}
