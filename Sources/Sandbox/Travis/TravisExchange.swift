import JSON

/// One request about one repository, which was read when the request began.
struct TravisExchange: Sendable {
    let repository: TravisRepository
    /// The path of the repository, as links in replies give it.
    let href: String
    let parameters: TravisParameters

    func variable(_ id: String) throws(TravisError) -> TravisVariable {
        guard let variable = repository.variables.first(where: { $0.id == id }) else { throw .notFound("env_var") }
        return variable
    }

    /// The variable as the API shows it: the value of one that is not public is never shown.
    func render(_ variable: TravisVariable, isMinimal: Bool = false) -> JSONValue {
        var body: [String: JSONValue] = [
            "@type": "env_var", "@href": .string("\(href)/env_var/\(variable.id)"),
            "@representation": isMinimal ? "minimal" : "standard", "id": .string(variable.id),
            "name": .string(variable.name), "public": .optional(variable.isPublic),
            "branch": .optional(variable.branch),
        ]
        if !isMinimal {
            body["@permissions"] = ["read": true, "write": true]
            if variable.isPublic == true { body["value"] = .optional(variable.value) }
        }
        return .object(body)
    }

    func withWarnings(_ rendered: JSONValue) -> JSONValue {
        guard !parameters.warnings.isEmpty, case .object(var body) = rendered else { return rendered }
        body["@warnings"] = .array(parameters.warnings)
        return .object(body)
    }
}
