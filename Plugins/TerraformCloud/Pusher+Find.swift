import PusherKit

/// What may hold keys: the variables of an organization's variable sets, or of one workspace. HCP Terraform shows the values of those
/// that are not sensitive, and no times.
extension TerraformCloud {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let parts = scope.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let set = scope.text("variable-set"), let id = scope.text("id"),
            let organization = scope.text("organization")
        {
            let target = Target(finding: .variableSet(set), of: organization)
            let holder = Holder(
                id: id, path: ["varsets", id, "relationships", "vars"], isWorkspace: false, mayWrite: nil,
                runsElsewhere: false)
            return try report(holder, [("variable-set", set)], target, finder, call: call)
        }
        if parts.count == 2 {
            let target = Target(finding: .workspace(parts[1]), of: parts[0])
            let holder = try client.holder(of: target, call: call)
            return try report(
                holder, [("workspace", parts[1])], target, finder, call: call,
                state: holder.runsElsewhere ? "runs are elsewhere, and see no variables" : "")
        }
        let target = Target(finding: .workspace(""), of: scope.name)
        let sets = try client.list(["organizations", scope.name, "varsets"], of: VariableSet.self, target, call: call)
        for set in sets {
            finder.scope(
                "variable set \(oneLine(set.name)) of \(scope.name)",
                [("organization", scope.name), ("variable-set", set.name), ("id", set.holder.id)])
        }
        try finder.gap(
            "workspaces of \(scope.name)",
            PushFailure(
                .unsupported,
                "keyturn does not list an organization's workspaces: name them, as \(scope.name)/WORKSPACE"))
    }

    private func report(
        _ holder: Holder, _ own: [(name: String, value: String)], _ target: Target, _ finder: borrowing Finder,
        call: borrowing Call, state: String = ""
    ) throws(PushFailure) {
        let variables = try client.variables(of: holder, target, call: call)
        for category in [Category.environment, .terraform] {
            let listed = variables.filter { $0.category == category.rawValue && !$0.isExpression }.map { variable in
                variable.value.map { ListedName(variable.key, value: $0) } ?? ListedName(variable.key)
            }
            for entry in keyEntries(listed) {
                var fields =
                    [(name: "organization", value: target.organization)] + own + [("category", category.rawValue)]
                if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
                if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
                var found = FoundPlace(
                    oneLine(String(target.subject().dropFirst("HCP Terraform: ".utf8.count)), limit: 290),
                    entry.isFile ? [] : fields, keyID: entry.accessKeyID)
                found.names = entry.names
                found.audience = category == .environment ? "environment" : "terraform"
                found.state = state
                finder.report(found)
            }
        }
    }
}

extension Target {
    /// For asking about a place.
    init(finding place: Place, of organization: String) {
        (self.organization, self.place, category) = (organization, place, .environment)
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
}
