import PusherKit

/// Which repositories of an organization may run workflows.
enum Running {
    case all
    case none
    case selected(Set<Int>)

    /// What a place says whose jobs do not run.
    static let off = "GitHub Actions is off"

    func includes(_ repository: ListedRepository) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .selected(let ids): repository.id.map(ids.contains) ?? true
        }
    }

    var isOff: Bool {
        if case .none = self { true } else { false }
    }
}

extension GitHubActions {
    /// Where that may not be asked, it is a part that was not seen, and every repository counts as running.
    func runningActions(
        _ owner: String, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) -> Running {
        let target = Target(finding: .organization(owner, .actions))
        let path = ["orgs", owner, "actions", "permissions"]
        let running = try finder.seen("Actions permissions of organization \(owner)") { () throws(PushFailure) in
            let response = try client.send(.get, path, for: target, call: call)
            guard response.isYes(200), let permissions = response.json(Permissions.self) else {
                throw client.rejection(response, for: target, call: call)
            }
            switch permissions.enabled {
            case "none": return Running.none
            case "selected":
                let list: [RepositoryNumber] = try client.all(
                    path + ["repositories"], "repositories", for: target, call: call)
                return .selected(Set(list.map { $0.id }))
            default: return .all
            }
        }
        return running ?? .all
    }
}

extension Client {
    /// The repositories of a user: those that the token sees where it is the user's own, else the public ones.
    func repositories(
        ofUser owner: String, for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [ListedRepository] {
        if !credential.isApp {
            let own: [ListedRepository] = try all(
                ["user", "repos"], nil, 100, [("affiliation", "owner")], for: target, call: call)
            let theirs = own.filter { $0.name.lowercased().hasPrefix(owner.lowercased() + "/") }
            if !theirs.isEmpty { return theirs }
        }
        return try all(["users", owner, "repos"], nil, for: target, call: call)
    }
}

private struct Permissions: JSONReadable {
    let enabled: String

    init(json fields: JSONValue) throws(JSONMismatch) { enabled = try fields.value("enabled_repositories") }
}

private struct RepositoryNumber: JSONReadable {
    let id: Int

    init(json fields: JSONValue) throws(JSONMismatch) { id = try fields.value("id") }
}
