import PusherKit

/// The requests to HCP Terraform's API, version 2.
struct Client: Sendable {
    private static let type = "application/vnd.api+json"
    /// A list ends there, of a hundred items each.
    private static let mostPages = 50

    let endpoint: Endpoint
    let token: SecretBytes

    /// The target's workspace or variable set.
    func holder(of target: Target, call: borrowing Call) throws(PushFailure) -> Holder {
        switch target.place {
        case .workspace(let name):
            return try one(
                ["organizations", target.organization, "workspaces", name], of: Workspace.self, target, call: call
            )
            .holder
        case .variableSet(let id) where isVariableSetID(id):
            return try one(["varsets", id], of: One<VariableSet>.self, target, call: call).item.holder
        case .variableSet(let name):
            let found = try list(
                ["organizations", target.organization, "varsets"], [(name: "q", value: name)], of: VariableSet.self,
                target, call: call
            ).filter { $0.name == name }
            guard let set = found.first else {
                throw PushFailure(
                    .notFound,
                    "\(target.subject()): there is no such variable set, or the token may not see it: check variable-set and "
                        + "organization")
            }
            guard found.count == 1 else {
                throw PushFailure(
                    .conflict,
                    "\(target.subject()): \(found.count) variable sets have this name: give the one's ID, varset-…, as variable-set"
                )
            }
            return set.holder
        }
    }

    /// The variables of a workspace or a variable set.
    func variables(of holder: Holder, _ target: Target, call: borrowing Call) throws(PushFailure) -> [Variable] {
        try list(holder.path, of: Variable.self, target, call: call)
    }

    /// The variables that a workspace's runs see, whether they are its own or come from variable sets.
    func variablesInForce(
        in holder: Holder, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Variable] {
        try list(["workspaces", holder.id, "all-vars"], of: Variable.self, target, call: call)
    }

    /// Writes the values of several variables of a workspace by one request.
    ///
    /// - Returns: false where this HCP Terraform has no such request, or does not know one of the variables.
    func write(
        _ writes: [Write], to holder: Holder, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Bool {
        var body = JSONBody()
        body.set("data", list: writes.map { $0.resource.bytes() })
        var request = request(.patch, ["workspaces", holder.id, "relationships", "vars"])
        request.setBody(body, type: Self.type)
        let response = try call.http(request, about: target.subject())
        if response.isYes(200, 204) { return true }
        // A page was answered by something on the way, not by a service that has no such request.
        if (response.status == 404 || response.status == 405) && !response.isPage { return false }
        throw Answers(target: target).failure(response, variable: nil)
    }

    /// Creates a variable, or writes its value.
    func write(
        _ write: Write, to holder: Holder, _ target: Target, call: borrowing Call
    ) throws(PushFailure) {
        var body = JSONBody()
        body.set("data", write.resource)
        var request = request(
            write.old == nil ? .post : .patch, holder.path + (write.old.map { [$0.id] } ?? []))
        request.setBody(body, type: Self.type)
        let response = try call.http(request, about: target.subject(write.name))
        guard response.isYes(200, 201), let answer = response.json(One<Variable>.self), answer.item.key == write.name
        else { throw Answers(target: target).failure(response, variable: write.name) }
    }

    private func one<Item: JSONReadable>(
        _ path: [String], of type: Item.Type, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Item {
        let response = try call.http(request(.get, path), about: target.subject())
        guard response.isYes(200), let item = response.json(Item.self) else {
            throw Answers(target: target).failure(response, variable: nil)
        }
        return item
    }

    func list<Item: JSONReadable>(
        _ path: [String], _ filter: [(name: String, value: String)] = [], of type: Item.Type, _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        // The variables of a workspace are one page; the first page of the others is asked for as it comes.
        try call.list(request(.get, path, filter), most: Self.mostPages, about: target.subject()) {
            response, before throws(PushFailure) in
            guard response.isYes(200), let page = response.json(Page<Item>.self) else {
                throw Answers(target: target).failure(response, variable: nil)
            }
            let next = filter + [(name: "page[number]", value: "\(before + 2)")]
            return ListPage(page.items, next: page.isLast ? nil : request(.get, path, next))
        }
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Bearer ", token)
        request.setHeader("User-Agent", "keyturn-terraform-cloud/1.0.0")
        request.setHeader("Accept", Self.type)
        return request
    }
}

/// A variable that is to be created, or whose value is to be written.
struct Write {
    let name: String
    let value: SecretBytes
    let isSensitive: Bool
    let category: Category
    /// What it was before; nil: it is not there yet.
    let old: Variable?

    /// As JSON:API has it. Of a sensitive variable nothing but the value can be changed, and what is not named is left alone.
    var resource: JSONBody {
        var attributes = JSONBody()
        if old == nil {
            attributes.set("key", name)
            attributes.set("category", category.rawValue)
            attributes.set("hcl", false)
        }
        attributes.set("value", value)
        if old == nil || (isSensitive && old?.isSensitive == false) { attributes.set("sensitive", isSensitive) }
        var resource = JSONBody()
        resource.set("type", "vars")
        if let old { resource.set("id", old.id) }
        resource.set("attributes", attributes)
        return resource
    }
}
