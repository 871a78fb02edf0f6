import PusherKit

extension Client {
    /// A variable as GitHub shows it, or nil where it is not there.
    func variable(_ name: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Variable? {
        let response = try send(.get, target.place.variables + [name], for: target, name: name, call: call)
        if response.status == 404, !response.isPage { return nil }
        guard response.isYes(200), let variable = response.json(Variable.self) else {
            throw rejection(response, for: target, name: name, call: call)
        }
        return variable
    }

    /// Changes a variable, or creates it where it is not there.
    ///
    /// - Parameter access: who of an organization sees it.
    func setVariable(
        _ name: String, _ value: String, isThere: Bool, _ access: Access?, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Written {
        let body = body(name, value, access)
        let path = target.place.variables + (isThere ? [name] : [])
        let response = try send(isThere ? .patch : .post, path, body: body, for: target, name: name, call: call)
        guard response.isYes(isThere ? 204 : 201) else {
            throw rejection(response, for: target, name: name, call: call)
        }
        return Written(status: response.status)
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
struct Variable: JSONReadable {
    let value: String
    let updatedAt: String
    /// Organizations only: `all`, `private` or `selected`.
    let visibility: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        value = try fields.value("value")
        updatedAt = try fields.value("updated_at")
        visibility = try fields.optional("visibility")
    }
}
