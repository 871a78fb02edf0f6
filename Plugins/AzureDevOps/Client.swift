import PusherKit

/// The requests to Azure DevOps's REST API, version 7.1.
struct Client: Sendable {
    /// A list ends there.
    private static let mostPages = 50
    private static let version = (name: "api-version", value: "7.1")

    let endpoint: Endpoint
    /// The token behind a colon, in base64: Azure DevOps takes any user name.
    private let credential: SecretBytes

    init(endpoint: Endpoint, token: SecretBytes) {
        self.endpoint = endpoint
        var pair = SecretBuilder()
        pair.append(contentsOf: ":".utf8)
        pair.append(token)
        credential = pair.bytes().base64
    }

    /// Who asks, by the token.
    func connection(for target: Target, call: borrowing Call) throws(PushFailure) -> ConnectionData {
        let response = try call.http(
            request(.get, target, ["_apis", "connectionData"], []), about: target.subject())
        guard response.isYes(200), let data = response.json(ConnectionData.self) else {
            throw Answers(target: target).failure(response)
        }
        return data
    }

    /// The groups of the target's project, without the projects that use them.
    ///
    /// - Parameter filter: `groupName` with the group's name, in which `*` matches anything; `actionFilter`.
    func groups(
        _ filter: [(name: String, value: String)] = [], in target: Target, call: borrowing Call
    ) throws(PushFailure) -> [VariableGroup] {
        try list([target.project, "_apis", "distributedtask", "variablegroups"], filter, target, call: call)
    }

    /// The organization's projects that the token sees.
    func projects(of target: Target, call: borrowing Call) throws(PushFailure) -> [ListedProject] {
        try list(["_apis", "projects"], [(name: "$top", value: "100")], target, call: call)
    }

    /// All pages of a list, which a field of the answer's header continues.
    private func list<Item: JSONReadable>(
        _ path: [String], _ filter: [(name: String, value: String)], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        let first = request(.get, target, path, filter + [Self.version])
        return try call.list(first, most: Self.mostPages, about: target.subject()) { response, _ throws(PushFailure) in
            guard response.isYes(200), let page = response.json(Page<Item>.self) else {
                throw Answers(target: target).failure(response)
            }
            let token = response.header("x-ms-continuationtoken").flatMap { Int32($0) }
            let next = token.map { filter + [(name: "continuationToken", value: "\($0)"), Self.version] }
            return ListPage(page.items, next: next.map { request(.get, target, path, $0) })
        }
    }

    /// The target's group, found by its name.
    func find(_ target: Target, call: borrowing Call) throws(PushFailure) -> VariableGroup {
        let found = try groups([(name: "groupName", value: target.group)], in: target, call: call)
            .filter { $0.name == target.group }
        guard let group = found.first else { throw missing(target) }
        guard found.count == 1 else {
            throw PushFailure(
                .conflict,
                "\(target.subject()): Azure DevOps names \(found.count) variable groups of this name: rename all but one"
            )
        }
        guard group.type == "Vsts" else {
            throw PushFailure(
                .invalidConfiguration,
                "\(target.subject()): its values are in Azure Key Vault (type \(oneLine(group.type, limit: 40))), where keyturn does not "
                    + "write: name a group without a key vault")
        }
        return group
    }

    /// A group with the projects that use it.
    func read(_ id: Int64, of target: Target, call: borrowing Call) throws(PushFailure) -> VariableGroup {
        let path = [target.project, "_apis", "distributedtask", "variablegroups", "\(id)"]
        let response = try call.http(request(.get, target, path, [Self.version]), about: target.subject())
        // A group that is not there comes as null, too.
        if response.isYes(200), response.plainText == "null" { throw missing(target) }
        guard response.isYes(200), let group = response.json(VariableGroup.self), group.id == id else {
            throw Answers(target: target).failure(response)
        }
        return group
    }

    /// Replaces a group.
    ///
    /// - Returns: the group as it is since.
    func write(
        _ group: VariableGroup, id: Writing, secret: Writing, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> VariableGroup {
        // From version 5.2 of the API on without the project.
        var request = request(
            .put, target, ["_apis", "distributedtask", "variablegroups", "\(group.id)"], [Self.version])
        request.setBody(group.body(id: id, secret: secret))
        let response = try call.http(request, about: target.subject())
        guard response.isYes(200), let answer = response.json(VariableGroup.self), answer.id == group.id else {
            throw Answers(target: target).failure(response)
        }
        return answer
    }

    private func missing(_ target: Target) -> PushFailure {
        PushFailure(
            .notFound,
            "\(target.subject()): there is no such variable group, or the token may not see it: check variable-group and project"
        )
    }

    private func request(
        _ method: HTTPRequest.Method, _ target: Target, _ path: [String], _ query: [(name: String, value: String)]
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url([target.organization] + path, query: query))
        request.setHeader("Authorization", prefix: "Basic ", credential)
        request.setHeader("User-Agent", "keyturn-azure-devops/1.0.0")
        request.setHeader("Accept", "application/json")
        // A refused token is then answered as one, and not by the way to a page.
        request.setHeader("X-TFS-FedAuthRedirect", "Suppress")
        return request
    }
}
