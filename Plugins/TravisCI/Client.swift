import PusherKit

/// The requests to Travis CI's API, version 3.
struct Client: Sendable {
    let endpoint: Endpoint
    let token: SecretBytes

    /// The repository's variables.
    func list(_ target: Target, call: borrowing Call) throws(PushFailure) -> VariableList {
        let subject = target.subject()
        let request = request(.get, ["repo", target.repository.text, "env_vars"])
        let response = try call.http(request, about: subject)
        guard response.status == 200, let list = response.json(VariableList.self) else {
            throw rejection(response, about: subject)
        }
        return list
    }

    /// Writes one variable: changes the one that is there, or creates it.
    func write(
        _ name: String, _ value: SecretBytes, isPublic: Bool, over existing: Variable?, in target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Written {
        var body = JSONBody()
        // Flat, dotted names: nested ones are ignored with a warning.
        body.set("env_var.value", value)
        body.set("env_var.public", isPublic)
        var request: HTTPRequest
        if let existing {
            request = self.request(.patch, ["repo", target.repository.text, "env_var", existing.id.text])
        } else {
            body.set("env_var.name", name)
            if let branch = target.branch { body.set("env_var.branch", branch) }
            request = self.request(.post, ["repo", target.repository.text, "env_vars"])
        }
        request.setBody(body)
        let response = try call.http(request, about: target.subject(name))
        guard response.status == (existing == nil ? 201 : 200), let answer = response.json(Variable.self) else {
            throw rejection(response, about: target.subject(name))
        }
        return Written(status: response.status, variable: answer)
    }

    private func request(_ method: HTTPRequest.Method, _ path: [String]) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path))
        request.setHeader("Travis-API-Version", "3")
        request.setHeader("Authorization", prefix: "token ", token)
        request.setHeader("User-Agent", "keyturn-travis-ci/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}

/// What a write was answered with.
struct Written {
    let status: Int
    let variable: Variable

    var verb: String { status == 201 ? "created" : "updated" }
}
