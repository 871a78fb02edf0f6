import PusherKit

/// The requests to the API, version 1, of Forgejo and Gitea.
struct Client: Sendable {
    /// A list ends there, of fifty items each, which is the most that Forgejo gives.
    private static let mostPages = 40

    let endpoint: Endpoint
    let token: SecretBytes

    /// The place's secrets, without values; nil where this Forgejo has no list of them, as older ones have none for a user.
    func secrets(of target: Target, call: borrowing Call) throws(PushFailure) -> [Secret]? {
        do throws(PushFailure) {
            return try secrets(of: target.place, for: target, call: call)
        } catch {
            guard case .user = target.place, error.reason == .notFound || error.reason == .invalidConfiguration else {
                throw error
            }
            // That the token works shows by another request.
            _ = try user(target, call: call)
            return nil
        }
    }

    /// A place's variables. The older ones of a repository have no values.
    func variables(
        of place: Place, for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Variable] {
        try list(place.path + ["actions", "variables"], for: target, call: call)
    }

    /// A place's secrets, for a target that may be elsewhere.
    func secrets(of place: Place, for target: Target, call: borrowing Call) throws(PushFailure) -> [Secret] {
        try list(place.path + ["actions", "secrets"], for: target, call: call)
    }

    /// A variable, or nil where there is none of that name.
    func variable(
        _ name: String, of place: Place, for target: Target, call: borrowing Call
    ) throws(PushFailure) -> Variable? {
        let response = try call.http(
            request(.get, place.path + ["actions", "variables", name]), about: target.subject(name))
        if response.status == 404, !response.isPage { return nil }
        guard response.isYes(200), let variable = response.json(Variable.self), isSameName(variable.name, name) else {
            throw Answers(target: target).failure(response, name: name)
        }
        return variable
    }

    /// Creates a secret, or changes it.
    ///
    /// - Parameter description: what it has: Gitea takes away one that is not sent again.
    /// - Returns: the status.
    func write(
        secret name: String, _ value: SecretBytes, description: String?, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int {
        var body = JSONBody()
        body.set("data", value)
        if let description, !description.isEmpty { body.set("description", description) }
        var request = request(.put, target.place.path + ["actions", "secrets", name])
        request.setBody(body)
        let response = try call.http(request, about: target.subject(name))
        guard response.isYes(201, 204) else { throw Answers(target: target).failure(response, name: name) }
        return response.status
    }

    /// Creates a variable, or changes it.
    ///
    /// - Returns: the status.
    func write(
        variable name: String, _ value: SecretBytes, over old: Variable?, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int {
        func send(_ method: HTTPRequest.Method, _ old: Variable?) throws(PushFailure) -> HTTPResponse {
            var body = JSONBody()
            body.set("value", value)
            if let description = old?.description, !description.isEmpty { body.set("description", description) }
            var request = request(method, target.place.path + ["actions", "variables", name])
            request.setBody(body)
            return try call.http(request, about: target.subject(name))
        }
        let response = try send(old == nil ? .post : .put, old)
        // Forgejo answers 204 to a creation, Gitea 201; both document 201 for a change, and answer 204.
        guard response.isYes(201, 204) else { throw Answers(target: target).failure(response, name: name) }
        return response.status
    }

    /// The target's repository.
    func repository(_ target: Target, call: borrowing Call) throws(PushFailure) -> Repository {
        try one(target.place.path, target, call: call)
    }

    /// The token's user.
    func user(_ target: Target, call: borrowing Call) throws(PushFailure) -> User {
        try one(["user"], target, call: call)
    }

    /// The repositories of an owner that the token sees.
    ///
    /// - Parameter path: of the owner: `orgs/acme`, or `users/bob`.
    func repositories(
        below path: [String], _ owner: String, call: borrowing Call
    ) throws(PushFailure) -> [Repository] {
        try list(path + ["repos"], for: Target(finding: .organization(owner)), call: call)
    }

    private func one<Item: JSONReadable>(
        _ path: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Item {
        let response = try call.http(request(.get, path), about: target.subject())
        guard response.isYes(200), let item = response.json(Item.self) else {
            throw Answers(target: target).failure(response)
        }
        return item
    }

    private func list<Item: JSONReadable>(
        _ path: [String], for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        func page(_ number: Int) -> HTTPRequest {
            request(.get, path, [(name: "page", value: "\(number)"), (name: "limit", value: "50")])
        }
        var count = 0
        return try call.list(page(1), most: Self.mostPages, about: target.subject()) {
            response, before throws(PushFailure) in
            guard response.isYes(200), let items = response.json([Item].self) else {
                throw Answers(target: target).failure(response)
            }
            count += items.count
            // Servers may give fewer than fifty, so a short page is not the last one.
            let isLast = items.isEmpty || count >= response.header("x-total-count").flatMap { Int($0) } ?? .max
            return ListPage(items, next: isLast ? nil : page(before + 2))
        }
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(["api", "v1"] + path, query: query))
        request.setHeader("Authorization", prefix: "token ", token)
        request.setHeader("User-Agent", "keyturn-forgejo/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}
