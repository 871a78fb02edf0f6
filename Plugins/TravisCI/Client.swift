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
        guard response.isYes(200), let list = response.json(VariableList.self) else {
            throw rejection(response, for: target, call: call)
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
        guard response.isYes(existing == nil ? 201 : 200), let answer = response.json(Variable.self) else {
            throw rejection(response, for: target, name: name, call: call)
        }
        return Written(status: response.status, variable: answer)
    }

    /// The failure that an answer means. Where the repository has another name now, that is looked up: a redirect says
    /// only its number.
    private func rejection(
        _ response: HTTPResponse, for target: Target, name: String? = nil, call: borrowing Call
    ) -> PushFailure {
        let answers = Answers(target: target, newPlace: newPlace(in: response, of: target, call: call))
        return answers.failure(response, variable: name)
    }

    private func newPlace(in response: HTTPResponse, of target: Target, call: borrowing Call) -> String? {
        guard (300..<400).contains(response.status), let location = response.header("location") else { return nil }
        let segments = location.prefix { $0 != "?" && $0 != "#" }.split(separator: "/")
        guard let index = segments.lastIndex(where: { $0 == "repo" }), index + 1 < segments.count else { return nil }
        let place = String(segments[index + 1]).replaced("%2F", by: "/").replaced("%2f", by: "/")
        guard place != target.repository.text else { return nil }
        guard place.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return place }
        let answer = try? call.http(request(.get, ["repo", place]), about: target.subject())
        return answer?.json(MovedRepository.self)?.slug ?? place
    }

    /// Reads something below an owner.
    ///
    /// - Parameter place: what messages begin with: an owner, or a repository.
    func read<Value: JSONReadable>(
        _ path: [String], _ query: [(name: String, value: String)] = [], about place: String, call: borrowing Call
    ) throws(PushFailure) -> Value {
        let target = Target(finding: place)
        let response = try call.http(request(.get, path, query), about: target.subject())
        guard response.isYes(200), let value = response.json(Value.self) else {
            throw rejection(response, for: target, call: call)
        }
        return value
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
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

/// The name of a repository.
private struct MovedRepository: JSONReadable {
    let slug: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        slug = try fields.value("slug")
    }
}
