import FoundationEssentials

/// An access key of an IAM user.
struct AccessKey: Sendable {
    struct Use: Sendable {
        let date: Date
        let service: String
        let region: String
    }

    enum Status: String, Sendable { case active = "Active", inactive = "Inactive" }

    let id: String
    let secret: String
    let created: Date
    /// When the servers that check signatures have heard of it.
    let spread: Date
    var status = Status.active
    var lastUse: Use?
}

struct IAMUser: Sendable {
    /// Inactive keys count; AWS does not raise this limit for anyone.
    static let keyLimit = 2

    let name: String
    let id: String
    let created: Date
    /// `/`, `/ci/`.
    var path = "/"
    var tags: [String: String] = [:]
    var keys: [AccessKey] = []
}

/// The IAM users of one AWS account, and every key pair that ever was.
struct Account: Sendable {
    static let number = "123456789012"
    static let administrator = "keyturn-admin"

    private(set) var users: [IAMUser] = []
    /// The secrets of all keys, deleted ones too: to know what a CI system holds.
    private(set) var secrets: [String: String] = [:]

    func user(_ name: String) -> IAMUser? { users.first { $0.name == name } }

    func user(owning keyID: String) -> IAMUser? {
        users.first { $0.keys.contains { $0.id == keyID } }
    }

    func key(_ id: String) -> AccessKey? {
        user(owning: id)?.keys.first { $0.id == id }
    }

    mutating func createUser(_ name: String, at now: Date) throws(AWSError) -> IAMUser {
        guard user(name) == nil else {
            throw .conflict("EntityAlreadyExists", "User with name \(name) already exists.")
        }
        let user = IAMUser(name: name, id: Random.userID(), created: now)
        users.append(user)
        return user
    }

    mutating func label(_ name: String, path: String, tags: [String: String]) throws(AWSError) {
        let index = try index(of: name)
        users[index].path = path
        users[index].tags = tags
    }

    mutating func deleteUser(_ name: String) throws(AWSError) {
        let index = try index(of: name)
        guard users[index].keys.isEmpty else {
            throw .conflict("DeleteConflict", "Cannot delete entity, must delete access keys first.")
        }
        users.remove(at: index)
    }

    /// - Parameters:
    ///   - delay: how many seconds pass until the key can be used.
    ///   - id, secret: a key of the caller's choice.
    mutating func createKey(
        for name: String, at now: Date, spreadingFor delay: Double, id: String = Random.accessKeyID(),
        secret: String = Random.secretAccessKey()
    ) throws(AWSError) -> AccessKey {
        let index = try index(of: name)
        guard users[index].keys.count < IAMUser.keyLimit else {
            throw .conflict("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: \(IAMUser.keyLimit)")
        }
        let key = AccessKey(
            id: id, secret: secret, created: now, spread: delay > 0 ? now.addingTimeInterval(delay) : .distantPast)
        users[index].keys.append(key)
        secrets[key.id] = key.secret
        return key
    }

    mutating func setStatus(_ status: AccessKey.Status, ofKey id: String, of name: String) throws(AWSError) {
        let (user, key) = try indices(ofKey: id, of: name)
        users[user].keys[key].status = status
    }

    mutating func deleteKey(_ id: String, of name: String) throws(AWSError) {
        let (user, key) = try indices(ofKey: id, of: name)
        users[user].keys.remove(at: key)
    }

    mutating func recordUse(ofKey id: String, _ use: AccessKey.Use) {
        guard let user = users.firstIndex(where: { $0.keys.contains { $0.id == id } }),
            let key = users[user].keys.firstIndex(where: { $0.id == id })
        else { return }
        users[user].keys[key].lastUse = use
    }

    private func index(of name: String) throws(AWSError) -> Int {
        guard let index = users.firstIndex(where: { $0.name == name }) else {
            throw .noSuchEntity("The user with name \(name) cannot be found.")
        }
        return index
    }

    private func indices(ofKey id: String, of name: String) throws(AWSError) -> (user: Int, key: Int) {
        let user = try index(of: name)
        guard let key = users[user].keys.firstIndex(where: { $0.id == id }) else {
            throw .noSuchEntity("The Access Key with id \(id) cannot be found.")
        }
        return (user, key)
    }
}
