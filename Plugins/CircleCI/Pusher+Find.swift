import PusherKit

/// What may hold keys: the variables of an owner's contexts, or of one project. CircleCI shows no values, but names and times.
extension CircleCI {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        if let id = scope.text("context"), let owner = scope.text("owner"), let name = scope.text("name") {
            let target = Target(finding: .context(id, owner: nil))
            let variables = try client.variables(ofContext: id, target, call: call)
            return report(variables, "context \(name) of \(owner)", [("context", name), ("owner", owner)], finder)
        }
        let parts = scope.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3 {
            let variables = try client.variables(of: Target(finding: .project(parts)), call: call)
            return report(variables, scope.name, [("project", scope.name)], finder)
        }
        let target = Target(finding: .context("", owner: scope.name))
        let contexts = try client.list(
            ["context"], [("owner-slug", scope.name)], of: Context.self, target, call: call)
        for context in contexts where isUUID(context.id) {
            finder.scope(
                "context \(oneLine(context.name)) of \(scope.name)",
                [("context", context.id), ("owner", scope.name), ("name", context.name)])
        }
        try finder.gap(
            "projects of \(scope.name)",
            PushFailure(
                .unsupported, "CircleCI documents no list of an owner's projects: name them, as \(scope.name)/PROJECT"))
    }

    private func report(
        _ variables: [Variable], _ place: String, _ fields: [(name: String, value: String)], _ finder: borrowing Finder
    ) {
        for entry in keyEntries(variables.map { ListedName($0.name, changedAt: $0.changedAt) }) where !entry.isFile {
            var own = fields
            if let name = entry.keyID?.name { own.append(("access-key-id", name)) }
            if let name = entry.secret?.name { own.append(("secret-access-key", name)) }
            var found = FoundPlace(
                oneLine(place, limit: 290), own, keyID: nil,
                changedAt: entry.keyID?.changedAt ?? entry.secret?.changedAt)
            found.names = entry.names
            finder.report(found)
        }
    }
}

extension Target {
    /// For asking about a place.
    init(finding place: Place) {
        self.place = place
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
}
