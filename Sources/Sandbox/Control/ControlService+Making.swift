import FoundationEssentials
import JSON
import Synchronization

extension ControlService {
    /// Makes an IAM user with keys that are known everywhere at once: N, or those that are given; with a path and tags,
    /// where they are given.
    func addUser(_ request: Request) throws(Refusal) -> Reply {
        let fields = try fields(request)
        guard let name = fields["name"]?.string else { throw Refusal(status: 400, message: "name is missing") }
        let given = try (fields["keys"]?.array ?? []).map(readKey)
        let count = fields["keys"]?.int ?? 0
        guard (0...IAMUser.keyLimit).contains(count), given.count <= IAMUser.keyLimit else {
            throw Refusal(status: 400, message: "keys must be 0, 1 or 2")
        }
        let tags = (fields["tags"]?.object ?? [:]).compactMapValues(\.string)
        let path = fields["path"]?.string ?? "/"
        do throws(AWSError) {
            let ids = try world.account.withLock { account throws(AWSError) in
                _ = try account.createUser(name, at: world.awsNow)
                try account.label(name, path: path, tags: tags)
                var ids: [JSONValue] = []
                for _ in 0..<count {
                    ids.append(.string(try account.createKey(for: name, at: world.awsNow, spreadingFor: 0).id))
                }
                for (id, secret) in given {
                    _ = try account.createKey(for: name, at: world.awsNow, spreadingFor: 0, id: id, secret: secret)
                    ids.append(.string(id))
                }
                return ids
            }
            return .json(201, ["name": .string(name), "keys": .array(ids)])
        } catch {
            throw Refusal(status: error.status, message: error.message)
        }
    }

    private func readKey(_ key: JSONValue) throws(Refusal) -> (id: String, secret: String) {
        guard let id = key.object?["id"]?.string, let secret = key.object?["secret"]?.string else {
            throw Refusal(status: 400, message: "a key that is given needs id and secret")
        }
        return (id, secret)
    }

    /// Makes a place: `owner/name`; at GitHub also `owner/name@environment` and `owner`; at GitLab also `group`.
    func addPlace(_ request: Request) throws(Refusal) -> Reply {
        let fields = try fields(request)
        guard let service = fields["service"]?.string.flatMap(Service.init), service != .aws else {
            throw Refusal(status: 400, message: "service must be one of travis, gitlab, github")
        }
        guard let name = fields["name"]?.string, !name.isEmpty else {
            throw Refusal(status: 400, message: "name is missing")
        }
        guard Places(world).variables["\(service.rawValue):\(name)"] == nil else {
            throw Refusal(status: 409, message: "\(name) is there already")
        }
        let key = try heldKey(of: fields["user"]?.string)
        switch service {
        case .travis: world.travis.withLock { $0.addRepository(name, holding: key) }
        case .gitlab:
            world.gitlab.withLock { name.contains("/") ? $0.addProject(name, holding: key) : $0.addGroup(name) }
        case .github: try addGitHubPlace(name, holding: key)
        case .aws: break
        }
        return .json(201, ["service": .string(service.rawValue), "name": .string(name)])
    }

    private func heldKey(of user: String?) throws(Refusal) -> AccessKey? {
        guard let user else { return nil }
        guard let key = world.account.withLock({ $0.user(user)?.keys.first }) else {
            throw Refusal(status: 400, message: "user \(user) has no key")
        }
        return key
    }

    private func addGitHubPlace(_ name: String, holding key: AccessKey?) throws(Refusal) {
        let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            return world.github.withLock {
                name.contains("/") ? $0.addRepository(name, holding: key) : $0.addOrganization(name)
            }
        }
        guard world.github.withLock({ $0.index(ofRepository: parts[0]) }) != nil else {
            throw Refusal(status: 404, message: "there is no repository \(parts[0])")
        }
        world.github.withLock { $0.addEnvironment(parts[1], to: parts[0]) }
    }
}
