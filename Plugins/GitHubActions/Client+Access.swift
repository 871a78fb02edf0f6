import PusherKit

extension Client {
    /// At 100 repositories a page; a secret for more is better made visible to all.
    private static let mostPages = 50

    /// Which repositories see the secret of an organization, to be said again with the new value; nil elsewhere.
    ///
    /// - Parameter secret: what GitHub said about it; nil where it is not there.
    func secretAccess(
        _ name: String, _ secret: Secret?, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> Access? {
        guard target.place.isOrganization else { return nil }
        guard let secret else { return .ofNew }
        return try access(secret.visibility, at: target.place.secrets, name, of: target, call: call)
    }

    /// The same for a variable.
    func variableAccess(
        _ name: String, _ variable: Variable?, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> Access? {
        guard target.place.isOrganization else { return nil }
        guard let variable else { return .ofNew }
        return try access(variable.visibility, at: target.place.variables, name, of: target, call: call)
    }

    /// Which repositories see what an organization has at that path.
    private func access(
        _ visibility: String?, at path: [String], _ name: String, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> Access {
        guard let visibility else {
            throw PushFailure(
                .retryable, "\(target.subject(name)): GitHub does not say who sees it, so it is not touched")
        }
        let isSelected = visibility == "selected"
        return Access(
            visibility: visibility,
            repositories: isSelected ? try selectedRepositories(path + [name], name, of: target, call: call) : [])
    }

    private func selectedRepositories(
        _ path: [String], _ name: String, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Int] {
        var ids: [Int] = []
        for page in 1...Self.mostPages {
            let query = [(name: "per_page", value: "100"), (name: "page", value: "\(page)")]
            let response = try send(.get, path + ["repositories"], query, for: target, name: name, call: call)
            guard response.isYes(200), let list = response.json(RepositoryList.self) else {
                throw rejection(response, for: target, name: name, call: call)
            }
            ids += list.repositories.map { $0.id }
            if ids.count >= list.total { return ids }
            if list.repositories.isEmpty { break }
        }
        throw PushFailure(
            .invalidConfiguration,
            "\(target.subject(name)): the list of repositories that see it is not whole, so it is not touched: make it "
                + "visible to all or to private repositories")
    }
}

/// Which repositories see what an organization has: a change must say it again, or it is lost.
struct Access {
    let visibility: String
    let repositories: [Int]

    /// For the private repositories of the organization.
    static let ofNew = Access(visibility: "private", repositories: [])

    func write(to body: inout JSONBody) {
        body.set("visibility", visibility)
        if visibility == "selected" { body.set("selected_repository_ids", repositories) }
    }
}

/// A page of repositories.
private struct RepositoryList: JSONReadable {
    let total: Int
    let repositories: [Repository]

    struct Repository: JSONReadable {
        let id: Int

        init(json fields: JSONValue) throws(JSONMismatch) {
            id = try fields.value("id")
        }
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        total = try fields.value("total_count")
        repositories = try fields.value("repositories")
    }
}
