import PusherKit

/// Where else the key of a target may be: variables of the repository, of its environments and of its organization. Of secrets
/// GitHub shows no values.
extension GitHubActions {
    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        guard case .repository(let owner, let name, .actions) = repositoryPlace(of: target) else { return [] }
        let repository = "\(owner)/\(name)"
        let path = ["repos", owner, name]
        var found = client.readable(
            path + ["actions", "variables"], "repository \(repository)",
            [("repository", repository), ("environment", "")], target, call: call)
        for environment in client.environments(path, target, call: call).prefix(10) {
            found += client.readable(
                path + ["environments", environment, "variables"], "\(repository) (environment \(environment))",
                [("repository", repository), ("environment", environment)], target, call: call)
        }
        found += client.readable(
            path + ["actions", "organization-variables"], "organization \(owner)", [("organization", owner)], target,
            call: call)
        return found.filter { !isOwn($0, target) }
    }

    /// The repository whose jobs read the target.
    private func repositoryPlace(of target: Target) -> Place {
        if case .environment(let owner, let name, _) = target.place {
            return .repository(owner: owner, name: name, .actions)
        }
        return target.place
    }

    private func isOwn(_ neighbour: FoundPlace, _ target: Target) -> Bool {
        guard target.keyIDAs == .variable else { return false }
        func value(_ name: String) -> String { neighbour.fields.first { $0.name == name }?.value ?? "" }
        let environment = if case .environment(_, _, let environment) = target.place { environment } else { "" }
        return value("organization").isEmpty && value("environment") == environment
            && value("access-key-id").lowercased() == target.accessKeyID.lowercased()
    }
}

extension Client {
    /// The variables of a place that hold a key ID; none where the token may not look there.
    fileprivate func readable(
        _ path: [String], _ place: String, _ fields: [(name: String, value: String)], _ target: Target,
        call: borrowing Call
    ) -> [FoundPlace] {
        let query = [(name: "per_page", value: "30")]
        guard let response = try? send(.get, path, query, for: target, call: call), response.isYes(200),
            let list = response.json(NamedVariables.self)
        else { return [] }
        return list.variables.flatMap { variable in
            SecretBytes(variable.value).accessKeyIDs.map { id in
                FoundPlace(
                    oneLine("\(place), variable \(variable.name)"),
                    fields + [("key-id-as", "variable"), ("access-key-id", variable.name)], keyID: id,
                    changedAt: newest([variable.updatedAt]))
            }
        }
    }

    fileprivate func environments(_ path: [String], _ target: Target, call: borrowing Call) -> [String] {
        let query = [(name: "per_page", value: "100")]
        guard let response = try? send(.get, path + ["environments"], query, for: target, call: call),
            response.isYes(200)
        else { return [] }
        return response.json(Environments.self)?.environments.map { $0.name } ?? []
    }
}

private struct NamedVariables: JSONReadable {
    let variables: [Item]

    init(json fields: JSONValue) throws(JSONMismatch) {
        variables = try fields.value("variables")
    }

    struct Item: JSONReadable {
        let name: String
        let value: String
        let updatedAt: String?

        init(json fields: JSONValue) throws(JSONMismatch) {
            name = try fields.value("name")
            value = try fields.value("value")
            updatedAt = try fields.optional("updated_at")
        }
    }
}

private struct Environments: JSONReadable {
    let environments: [Item]

    init(json fields: JSONValue) throws(JSONMismatch) {
        environments = try fields.value("environments")
    }

    struct Item: JSONReadable {
        let name: String

        init(json fields: JSONValue) throws(JSONMismatch) {
            name = try fields.value("name")
        }
    }
}
