import PusherKit

extension Client {
    /// A variable as GitHub shows it, or nil where it is not there.
    func variable(_ name: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Variable? {
        let response = try send(.get, target.place.variables + [name], for: target, name: name, call: call)
        if response.status == 404 { return nil }
        guard response.status == 200, let variable = response.json(Variable.self) else {
            throw rejection(response, for: target, name: name, call: call)
        }
        return variable
    }

    /// Changes a variable, or creates it where it is not there; who of an organization sees it stays as it is.
    func setVariable(
        _ name: String, _ value: String, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Written {
        var access: Access?
        if target.place.isOrganization, let variable = try variable(name, of: target, call: call) {
            access = try self.access(
                variable.visibility, at: target.place.variables, name, of: target, call: call)
        }
        if !target.place.isOrganization || access != nil {
            let path = target.place.variables + [name]
            let body = body(name, value, access)
            let response = try send(.patch, path, body: body, for: target, name: name, call: call)
            if response.status == 204 { return Written(status: 204, since: nil) }
            guard response.status == 404 else { throw rejection(response, for: target, name: name, call: call) }
        }
        let body = body(name, value, target.place.isOrganization ? access ?? .ofNew : nil)
        let response = try send(.post, target.place.variables, body: body, for: target, name: name, call: call)
        guard response.status == 201 else { throw rejection(response, for: target, name: name, call: call) }
        return Written(status: 201, since: nil)
    }

    private func body(_ name: String, _ value: String, _ access: Access?) -> JSONBody {
        var body = JSONBody()
        body.set("name", name)
        body.set("value", value)
        access?.write(to: &body)
        return body
    }
}

/// A variable of Actions, which can be read.
struct Variable: Decodable {
    let value: String
    let updatedAt: String
    /// Organizations only: `all`, `private` or `selected`.
    let visibility: String?

    enum CodingKeys: String, CodingKey {
        case value, visibility
        case updatedAt = "updated_at"
    }
}
