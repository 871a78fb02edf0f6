import PusherKit

/// The requests to Buildkite's REST API, version 2.
struct Client: Sendable {
    /// A list ends there, of a hundred items each.
    private static let mostPages = 50

    let endpoint: Endpoint
    let token: SecretBytes

    /// What the token may do, and until when.
    func accessToken(for target: Target, call: borrowing Call) throws(PushFailure) -> AccessToken {
        let response = try call.http(request(.get, ["access-token"]), about: target.subject())
        guard response.isYes(200), let token = response.json(AccessToken.self) else {
            throw Answers(target: target).failure(response, key: nil)
        }
        return token
    }

    /// The path of the secrets of the target's cluster.
    func secretsPath(of target: Target, call: borrowing Call) throws(PushFailure) -> [String] {
        let clusters = ["organizations", target.organization, "clusters"]
        if isUUID(target.cluster) { return clusters + [target.cluster, "secrets"] }
        let found = try list(clusters, of: Cluster.self, target, call: call).filter { $0.name == target.cluster }
        guard let cluster = found.first else {
            throw PushFailure(
                .notFound,
                "\(target.subject()): there is no such cluster, or the token may not see it: check cluster and organization"
            )
        }
        guard found.count == 1, isUUID(cluster.id) else {
            throw PushFailure(
                .conflict,
                "\(target.subject()): Buildkite names \(found.count) clusters of this name: give the one's ID as cluster"
            )
        }
        return clusters + [cluster.id, "secrets"]
    }

    /// The cluster's secrets.
    func secrets(at path: [String], _ target: Target, call: borrowing Call) throws(PushFailure) -> [Secret] {
        try list(path, of: Secret.self, target, call: call)
    }

    /// Creates a secret, or writes its value.
    ///
    /// - Returns: the secret as it is since.
    func write(
        _ key: String, _ value: SecretBytes, over old: Secret?, at path: [String], _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Secret {
        if let old { return try change(old, value, at: path, target, call: call) }
        var body = JSONBody()
        body.set("key", key)
        body.set("value", value)
        var creation = request(.post, path)
        creation.setBody(body)
        let response = try call.http(creation, about: target.subject(key))
        // Which answer a key that is taken gets is not documented, so what was refused is looked for.
        if response.status == 409 || response.status == 422,
            let other = try secrets(at: path, target, call: call).first(where: { $0.isKey(key) })
        {
            return try change(other, value, at: path, target, call: call)
        }
        guard response.isYes(201), let secret = response.json(Secret.self), secret.isKey(key) else {
            throw Answers(target: target).failure(response, key: key)
        }
        return secret
    }

    /// Writes a secret's value and leaves its description and its policy alone.
    private func change(
        _ old: Secret, _ value: SecretBytes, at path: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Secret {
        var body = JSONBody()
        body.set("value", value)
        var change = request(.put, path + [old.id, "value"])
        change.setBody(body)
        let written = try call.http(change, about: target.subject(old.key))
        guard written.isYes(200, 204) else { throw Answers(target: target).failure(written, key: old.key) }
        if let secret = written.json(Secret.self), secret.id == old.id { return secret }
        let seen = try call.http(request(.get, path + [old.id]), about: target.subject(old.key))
        guard seen.isYes(200), let secret = seen.json(Secret.self), secret.id == old.id else {
            throw Answers(target: target).failure(seen, key: old.key)
        }
        return secret
    }

    func list<Item: JSONReadable>(
        _ path: [String], of type: Item.Type, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        func page(_ number: Int) -> HTTPRequest {
            request(.get, path, [(name: "per_page", value: "100"), (name: "page", value: "\(number)")])
        }
        return try call.list(page(1), most: Self.mostPages, about: target.subject()) {
            response, before throws(PushFailure) in
            guard response.isYes(200), let items = response.json([Item].self) else {
                throw Answers(target: target).failure(response, key: nil)
            }
            // Whether there is a next page; its address is not believed.
            let isLast = response.header("link")?.has("rel=\"next\"") != true
            return ListPage(items, next: isLast ? nil : page(before + 2))
        }
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Bearer ", token)
        request.setHeader("User-Agent", "keyturn-buildkite/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}
