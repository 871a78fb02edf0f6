import PusherKit

/// The requests to GitLab's API, version 4.
struct Client: Sendable {
    /// A list ends there, at 100 variables a page: GitLab's own limits are lower.
    private static let mostPages = 100

    let endpoint: Endpoint
    let token: SecretBytes
    let facts = Facts()

    init(endpoint: Endpoint, token: SecretBytes) {
        self.endpoint = endpoint
        self.token = token
    }

    /// What GitLab says about the token, asked for once; nil where it is of a kind that GitLab says nothing about.
    func tokenInformation(_ target: Target, call: borrowing Call) -> TokenInformation? {
        if let known = facts.knownToken { return known }
        let request = request(.get, ["api", "v4", "personal_access_tokens", "self"])
        guard let response = try? call.http(request, about: target.subject()), response.isYes(200),
            let found = response.json(TokenInformation.self)
        else { return nil }
        facts.knownToken = found
        return found
    }

    /// All variables of the place, without their values.
    func list(_ target: Target, call: borrowing Call) throws(PushFailure) -> [ListedVariable] {
        var variables: [ListedVariable] = []
        var page = "1"
        for _ in 0..<Self.mostPages {
            let query = [(name: "per_page", value: "100"), (name: "page", value: page)]
            let response = try call.http(request(.get, target.place.path, query), about: target.subject())
            guard response.status == 200, let found = response.json([ListedVariable].self) else {
                throw rejection(response, for: target, call: call)
            }
            variables += found
            guard let next = response.header("x-next-page"), !next.isEmpty else { return variables }
            page = next
        }
        throw PushFailure(.internal, "\(target.subject()): the list of variables does not end")
    }

    /// The variable of that key and scope, or nil where there is none.
    func read(_ key: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Variable? {
        let request = request(.get, target.place.path + [key], filter(target))
        let response = try call.http(request, about: target.subject(key))
        if isMissingVariable(response) { return nil }
        guard response.status == 200, let variable = response.json(Variable.self) else {
            throw rejection(response, for: target, key: key, call: call)
        }
        return variable
    }

    /// Changes the variable of that key and scope.
    ///
    /// - Returns: the answer, whatever it is: a 404 here can mean that the variable is to be created.
    func update(
        _ key: String, _ value: SecretBytes, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        var body = JSONBody()
        body.set("value", value)
        if target.shape.isFile {
            body.set("variable_type", "file")
            // One that was masked before it became a file could not hold several lines.
            body.set("masked", false)
        } else if let masked = target.flags.masked {
            body.set("masked", masked)
        }
        if let protected = target.flags.protected { body.set("protected", protected) }
        if let raw = target.flags.raw { body.set("raw", raw) }
        // A project's filter belongs in the body. A group's is documented for neither, and taken from the query.
        var query: [(name: String, value: String)] = []
        if case .project = target.place, let scope = target.environmentScope {
            body.set("filter", [("environment_scope", scope)])
        } else {
            query = filter(target)
        }
        var request = request(.put, target.place.path + [key], query)
        request.setBody(body)
        return try call.http(request, about: target.subject(key))
    }

    /// Creates the variable.
    func create(
        _ key: String, _ value: SecretBytes, masked: Bool, of target: Target, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        var body = JSONBody()
        body.set("key", key)
        body.set("value", value)
        if target.shape.isFile { body.set("variable_type", "file") }
        if target.flags.hidden == true {
            body.set("masked_and_hidden", true)
        } else {
            body.set("masked", target.flags.masked ?? masked)
        }
        body.set("protected", target.flags.protected ?? false)
        // A value is a value: a `$` in it names no other variable.
        body.set("raw", target.flags.raw ?? true)
        if let scope = target.environmentScope { body.set("environment_scope", scope) }
        var request = request(.post, target.place.path)
        request.setBody(body)
        return try call.http(request, about: target.subject(key))
    }

    /// Deletes a variable that was created just now.
    func delete(_ key: String, scope: String, of target: Target, call: borrowing Call) throws(PushFailure) {
        let query = [(name: "filter[environment_scope]", value: scope)]
        let response = try call.http(request(.delete, target.place.path + [key], query), about: target.subject(key))
        guard response.isYes(200, 202, 204) else { throw rejection(response, for: target, key: key, call: call) }
    }

    private func filter(_ target: Target) -> [(name: String, value: String)] {
        target.environmentScope.map { [("filter[environment_scope]", $0)] } ?? []
    }

    func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("PRIVATE-TOKEN", token)
        request.setHeader("User-Agent", "keyturn-gitlab-ci/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}
