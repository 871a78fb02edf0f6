import PusherKit

extension Client {
    /// At 100 repositories a page; a secret for more is better made visible to all.
    private static let mostPages = 50

    /// Which repositories see the secret of an organization, to be said again with the new value; nil elsewhere.
    func access(_ name: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Access? {
        guard target.place.isOrganization else { return nil }
        guard let secret = try secret(name, of: target, call: call) else {
            return Access(visibility: "private", repositories: [])
        }
        guard let visibility = secret.visibility else {
            throw PushFailure(
                .retryable, "\(target.subject(name)): GitHub does not say who sees the secret, so it is not touched")
        }
        let isSelected = visibility == "selected"
        return Access(
            visibility: visibility,
            repositories: isSelected ? try selectedRepositories(name, of: target, call: call) : [])
    }

    private func selectedRepositories(
        _ name: String, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Int] {
        var ids: [Int] = []
        for page in 1...Self.mostPages {
            let query = [(name: "per_page", value: "100"), (name: "page", value: "\(page)")]
            let path = target.place.path + [name, "repositories"]
            let response = try send(.get, path, query, about: target.subject(name), call: call)
            guard response.status == 200, let list = response.json(RepositoryList.self) else {
                throw rejection(response, for: target, name: name, now: call.now)
            }
            ids += list.repositories.map(\.id)
            if ids.count >= list.total { return ids }
            if list.repositories.isEmpty { break }
        }
        throw PushFailure(
            .invalidConfiguration,
            "\(target.subject(name)): the list of repositories that see the secret is not whole, so it is not "
                + "touched: make it visible to all or to private repositories")
    }
}
