import PusherKit

/// What may hold keys: the variable groups of an organization's projects, or of one project. Azure DevOps shows the values of variables
/// that are not secret, and of a group the time of its last change.
extension AzureDevOps {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let parts = scope.name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let organization = scope.text("organization") ?? parts[0]
        guard let project = scope.text("project") ?? (parts.count > 1 ? parts[1] : nil) else {
            let target = Target(finding: "", of: organization)
            for project in try client.projects(of: target, call: call) {
                finder.scope(
                    oneLine("\(organization)/\(project.name)", limit: 290),
                    [("organization", organization), ("project", project.name)])
            }
            return
        }
        let target = Target(finding: project, of: organization)
        for group in try client.groups(in: target, call: call) { report(group, target, finder) }
    }

    private func report(_ group: VariableGroup, _ target: Target, _ finder: borrowing Finder) {
        let isWritable = group.type == "Vsts"
        let time = group.modifiedOn.flatMap(rfc3339).map(rfc3339Text)
        let listed = group.variables.map { variable in
            // A key vault's values are null, whether they are marked as secret or not.
            variable.value.map { ListedName(variable.name, value: $0, changedAt: time) }
                ?? ListedName(variable.name, changedAt: time)
        }
        for entry in keyEntries(listed) {
            var fields = [
                (name: "organization", value: target.organization), (name: "project", value: target.project),
                (name: "variable-group", value: group.name),
            ]
            if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
            if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
            var found = FoundPlace(
                oneLine("variable group \(group.name) of \(target.organization)/\(target.project)", limit: 290),
                isWritable && !entry.isFile ? fields : [], keyID: entry.accessKeyID, changedAt: time)
            found.names = entry.names
            found.state = isWritable ? "" : "values are in Azure Key Vault"
            finder.report(found)
        }
    }
}

extension Target {
    /// For asking about a project.
    init(finding project: String, of organization: String) {
        (self.organization, self.project, group) = (organization, project, "*")
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
}

/// A project in the list of an organization's.
struct ListedProject: JSONReadable {
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("name")
        if name.isEmpty { throw fields.wrong("name", "is empty") }
    }
}
