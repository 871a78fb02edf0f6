import PusherKit

/// Where a pair goes: CI/CD variables of one project, group or instance, in one environment scope.
struct Target: JSONReadable, Sendable {
    let place: Place
    /// Nil for the instance, whose variables have none.
    let environmentScope: String?
    let shape: Shape
    let flags: Flags

    init(json fields: JSONValue) throws(JSONMismatch) {
        place = try Place(fields)
        let scope: String? = try fields.optional("environment-scope")
        environmentScope = if case .instance = place { nil } else { scope ?? "*" }
        shape = try Shape(fields)
        flags = try Flags(fields, place, shape)
        if environmentScope == nil && scope != nil {
            throw fields.wrong(
                "environment-scope", "instance variables have no environment scope; leave the field out")
        }
    }

    /// For asking about a place.
    init(finding place: Place) {
        self.place = place
        environmentScope = if case .instance = place { nil } else { "*" }
        shape = .pair(accessKeyID: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY")
        flags = Flags()
    }

    /// Whether a variable of that scope is the target's. Where GitLab names none, it is the one for all environments.
    func matches(scope: String?) -> Bool {
        environmentScope == nil || environmentScope == scope ?? "*"
    }

    /// What messages begin with.
    func subject(_ key: String? = nil) -> String {
        let scope = environmentScope.flatMap { $0 == "*" ? nil : " (scope \($0))" } ?? ""
        return oneLine("GitLab: " + (key.map { "\($0) in " } ?? "") + place.description + scope)
    }
}
