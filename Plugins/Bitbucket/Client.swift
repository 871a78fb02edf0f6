import PusherKit

/// The requests to Bitbucket Cloud's API, version 2.0.
struct Client: Sendable {
    /// A list ends there, of a hundred items each.
    private static let mostPages = 50
    /// How often, and how long apart, a variable that was created a moment ago is looked for: lists show it some seconds late.
    private static let looks = 5
    private static let pause = Duration.seconds(2)

    let endpoint: Endpoint
    let token: SecretBytes
    /// `Basic` with the e-mail address and an API token, or `Bearer` with an access token.
    let scheme: String

    init(endpoint: Endpoint, token: SecretBytes, email: String?) {
        self.endpoint = endpoint
        guard let email else {
            (scheme, self.token) = ("Bearer ", token)
            return
        }
        var pair = SecretBuilder()
        pair.append(contentsOf: "\(email):".utf8)
        pair.append(token)
        (scheme, self.token) = ("Basic ", pair.bytes().base64)
    }

    /// The path of the place's variables. A workspace's is spelled in another way than a repository's.
    func path(of target: Target, call: borrowing Call) throws(PushFailure) -> [String] {
        guard let repository = target.repository else {
            return ["workspaces", target.workspace, "pipelines-config", "variables"]
        }
        let path = ["repositories", target.workspace, repository]
        guard let name = target.environment else { return path + ["pipelines_config", "variables"] }
        let found = try list(path + ["environments"], of: Environment.self, target, call: call)
            .filter { $0.name == name }
        guard let environment = found.first else {
            throw PushFailure(
                .notFound, "\(target.subject()): there is no such deployment environment: check environment")
        }
        guard found.count == 1, isBracedUUID(environment.uuid) else {
            throw PushFailure(
                .conflict,
                "\(target.subject()): Bitbucket names \(found.count) environments of this name: rename all but one")
        }
        return path + ["deployments_config", "environments", environment.uuid, "variables"]
    }

    /// The place's variables.
    func variables(at path: [String], _ target: Target, call: borrowing Call) throws(PushFailure) -> [Variable] {
        try list(path, of: Variable.self, target, call: call)
    }

    /// Creates a variable, or changes it.
    ///
    /// - Returns: the status, and the variable as Bitbucket shows it since.
    func write(
        _ key: String, _ value: SecretBytes, isSecured: Bool, over old: Variable?, at path: [String], _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Written {
        // All three fields each time: what becomes of one that is left out is not documented.
        func send(_ old: Variable?) throws(PushFailure) -> HTTPResponse {
            var body = JSONBody()
            body.set("key", key)
            body.set("value", value)
            body.set("secured", isSecured)
            var request = request(old == nil ? .post : .put, endpoint.url(path + (old.map { [$0.uuid] } ?? [])))
            request.setBody(body)
            return try call.http(request, about: target.subject(key))
        }
        var response = try send(old)
        if old == nil, response.status == 409 {
            response = try send(try late(key, at: path, target, call: call))
        }
        guard response.isYes(200, 201), let variable = response.json(Variable.self), variable.key == key else {
            throw Answers(target: target).failure(response, variable: key)
        }
        return Written(status: response.status, variable: variable)
    }

    /// A variable that is there, as its creation was refused, and that the list did not show.
    private func late(
        _ key: String, at path: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Variable {
        for look in 0..<Self.looks {
            if look > 0 { try call.sleep(Self.pause) }
            let found = try variables(at: path, target, call: call).first { $0.key == key }
            if let found { return found }
        }
        throw PushFailure(
            .retryable,
            "\(target.subject(key)): 409: the variable is there, and the list does not show it yet"
        )
    }

    func list<Item: JSONReadable>(
        _ path: [String], of type: Item.Type, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        let first = endpoint.url(path, query: [(name: "pagelen", value: "100")])
        return try call.list(request(.get, first), most: Self.mostPages, about: target.subject()) {
            response, _ throws(PushFailure) in
            guard response.isYes(200), let page = response.json(Page<Item>.self) else {
                throw Answers(target: target).failure(response, variable: nil)
            }
            // The token is not sent to wherever an answer leads.
            guard page.next?.hasPrefix(endpoint.description + "/") != false else {
                throw PushFailure(
                    .retryable, "\(target.subject()): the list's next page is not below endpoint, so it is not read")
            }
            return ListPage(page.items, next: page.next.map { request(.get, $0) })
        }
    }

    private func request(_ method: HTTPRequest.Method, _ url: String) -> HTTPRequest {
        var request = HTTPRequest(method, url)
        request.setHeader("Authorization", prefix: scheme, token)
        request.setHeader("User-Agent", "keyturn-bitbucket/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}

/// What a write was answered with.
struct Written {
    let status: Int
    let variable: Variable
}

/// Whether a text is a UUID in braces, as Bitbucket writes them.
func isBracedUUID(_ text: String) -> Bool {
    text.hasPrefix("{") && text.hasSuffix("}") && isUUID(String(text.dropFirst().dropLast()))
}
