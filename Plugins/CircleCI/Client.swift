import PusherKit

/// The requests to CircleCI's API, version 2.
struct Client: Sendable {
    /// A list ends there. A context has at most 100 variables, an organization at most 500 contexts.
    private static let mostPages = 100

    let endpoint: Endpoint
    let token: SecretBytes

    /// The place's variables.
    func variables(of target: Target, call: borrowing Call) throws(PushFailure) -> [Variable] {
        switch target.place {
        case .project(let project):
            return try list(["project"] + project + ["envvar"], of: ProjectVariable.self, target, call: call)
                .map { $0.variable }
        case .context:
            return try variables(ofContext: try contextID(of: target, call: call), target, call: call)
        }
    }

    /// A context's variables.
    func variables(
        ofContext id: String, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Variable] {
        try list(["context", id, "environment-variable"], of: ContextVariable.self, target, call: call).map {
            $0.variable
        }
    }

    /// The ID of the target's context.
    func contextID(of target: Target, call: borrowing Call) throws(PushFailure) -> String {
        guard case .context(let name, let owner) = target.place else {
            throw PushFailure(.internal, "\(target.subject()): not a context")
        }
        guard let owner else { return name }
        let query = [(name: "owner-slug", value: owner), (name: "name", value: name)]
        let found = try list(["context"], query, of: Context.self, target, call: call)
            .filter { $0.name == name }
        guard let context = found.first else {
            throw PushFailure(
                .notFound,
                "\(target.subject()): there is no such context, or the token's user may not see it: check context and owner"
            )
        }
        guard found.count == 1, isUUID(context.id) else {
            throw PushFailure(
                .conflict,
                "\(target.subject()): CircleCI names \(found.count) contexts of this name: give the one's ID as context"
            )
        }
        return context.id
    }

    func list<Item: JSONReadable>(
        _ path: [String], _ filter: [(name: String, value: String)] = [], of type: Item.Type, _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        try call.list(request(.get, path, filter), most: Self.mostPages, about: target.subject()) {
            response, _ throws(PushFailure) in
            guard response.isYes(200), let page = response.json(Page<Item>.self) else {
                throw Answers(target: target).failure(response, variable: nil)
            }
            return ListPage(
                page.items, next: page.next.map { request(.get, path, filter + [(name: "page-token", value: $0)]) })
        }
    }

    /// Creates a project's variable, or changes it.
    ///
    /// CircleCI's own command line creates over a variable that is there. Where that is refused, the variable is deleted first,
    /// since no request changes one.
    func write(
        _ name: String, _ value: SecretBytes, project: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Written {
        let path = ["project"] + project + ["envvar"]
        var response = try create(name, value, path, target, call: call)
        if response.status == 400 || response.status == 409, VendorError.says("already exists", response) {
            let deleted = try call.http(request(.delete, path + [name]), about: target.subject(name))
            guard deleted.isYes(200) || deleted.status == 404 else {
                throw Answers(target: target).failure(deleted, variable: name)
            }
            response = try create(name, value, path, target, call: call)
        }
        guard response.isYes(200, 201), let answer = response.json(ProjectVariable.self) else {
            throw Answers(target: target).failure(response, variable: name)
        }
        return Written(status: response.status, variable: answer.variable)
    }

    private func create(
        _ name: String, _ value: SecretBytes, _ path: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        var body = JSONBody()
        body.set("name", name)
        body.set("value", value)
        var request = request(.post, path)
        request.setBody(body)
        return try call.http(request, about: target.subject(name))
    }

    /// Creates a context's variable, or changes it.
    func write(
        _ name: String, _ value: SecretBytes, context id: String, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int {
        var body = JSONBody()
        body.set("value", value)
        var request = request(.put, ["context", id, "environment-variable", name])
        request.setBody(body)
        let response = try call.http(request, about: target.subject(name))
        // Documented with the variable, and with a message alone.
        let isAboutIt = response.json(ContextVariable.self).map { $0.variable.name == name }
        guard response.isYes(200), isAboutIt ?? (response.json(VendorError.self) != nil) else {
            throw Answers(target: target).failure(response, variable: name)
        }
        return response.status
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Bearer ", token)
        request.setHeader("User-Agent", "keyturn-circleci/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}

/// What a write was answered with.
struct Written {
    let status: Int
    let variable: Variable
}

extension VendorError {
    /// Whether an answer has those words in its message, in lower case.
    static func says(_ words: String, _ response: HTTPResponse) -> Bool {
        response.json(VendorError.self)?.message.lowercased().has(words) ?? false
    }
}
