import PusherKit

/// Where else the key of a target may be: other scopes and other variables of the same project or group, and the groups
/// above it, whose variables its jobs see, too.
extension GitLabCI {
    /// More levels than that are not asked.
    private static let mostLevels = 8

    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        let own = Set(target.shape.variables)
        var found: [FoundPlace] = []
        for variable in try client.values(of: target.place, for: target, call: call) {
            guard !(own.contains(variable.key) && target.matches(scope: variable.environmentScope)) else { continue }
            found += neighbours(variable, in: target.place, target)
        }
        for group in try client.groups(above: target, call: call).prefix(Self.mostLevels) {
            // Who may write a project may not look into the groups above it: what cannot be seen is not reported.
            guard let variables = try? client.values(of: .group(group), for: target, call: call) else { continue }
            for variable in variables { found += neighbours(variable, in: .group(group), target) }
        }
        return found
    }

    /// What a variable says: nothing, unless it holds a key or has the name under which jobs look for one.
    private func neighbours(_ variable: Variable, in place: Place, _ target: Target) -> [FoundPlace] {
        let scope = variable.environmentScope ?? "*"
        let ids = variable.value?.accessKeyIDs ?? []
        let hasName = variable.key == target.shape.variables[0]
        let isFile = variable.type == "file"
        let shown = scope == "*" ? place.description : "\(place) (scope \(scope))"
        var fields: [(name: String, value: String)] = place.id.map { [(place.field?.name ?? "project", $0)] } ?? []
        if case .instance = place {
            fields.append(("instance", "true"))
        } else {
            fields.append(("environment-scope", scope))
        }
        fields +=
            isFile
            ? [("shape", "credentials-file"), ("credentials-file", variable.key)]
            : [("shape", "pair"), ("access-key-id", variable.key)]
        let name = "\(shown), variable \(variable.key)"
        if ids.isEmpty { return hasName ? [FoundPlace(name, fields, keyID: nil)] : [] }
        return ids.map { FoundPlace(name, fields, keyID: $0) }
    }
}

extension Client {
    /// All variables of a place with their values.
    func values(of place: Place, for target: Target, call: borrowing Call) throws(PushFailure) -> [Variable] {
        var variables: [Variable] = []
        var page = "1"
        for _ in 0..<10 {
            let query = [(name: "per_page", value: "100"), (name: "page", value: page)]
            let response = try call.http(request(.get, place.path, query), about: target.subject())
            guard response.isYes(200), let found = response.json([Variable].self) else {
                throw rejection(response, for: target, call: call)
            }
            variables += found
            guard let next = response.header("x-next-page"), !next.isEmpty else { break }
            page = next
        }
        return variables
    }

    /// The full paths of the groups that a project or group is in, the nearest first.
    func groups(above target: Target, call: borrowing Call) throws(PushFailure) -> [String] {
        guard let field = target.place.field, let id = target.place.id else { return [] }
        var path = id
        if id.allSatisfy({ $0.isNumber }) {
            let response = try? call.http(request(.get, ["api", "v4", field.segment, id]), about: target.subject())
            guard let response, response.isYes(200), let place = response.json(PlacePath.self)?.path else { return [] }
            path = place
        }
        var parts = path.split(separator: "/").map(String.init)
        var groups: [String] = []
        while parts.count > 1 {
            parts.removeLast()
            groups.append(parts.joined(separator: "/"))
        }
        return groups
    }
}
