import PusherKit

/// What may hold keys: the variables of a workspace, or of one repository and its deployment environments. Bitbucket shows the values
/// of variables that are not secured, and no times.
extension Bitbucket {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let parts = scope.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let workspace = scope.text("workspace") ?? parts[0]
        let repository = scope.text("repository") ?? (parts.count > 1 ? parts[1] : nil)
        let target = Target(finding: workspace, repository, environment: scope.text("environment"))
        let path =
            scope.text("environment-id").map {
                ["repositories", workspace, repository ?? "", "deployments_config", "environments", $0, "variables"]
            }
        let place: [String] = if let path { path } else { try client.path(of: target, call: call) }
        report(try client.variables(at: place, target, call: call), target, finder)
        guard path == nil else { return }
        guard let repository else {
            return try finder.gap(
                "repositories of \(workspace)",
                PushFailure(
                    .unsupported,
                    "keyturn does not list a workspace's repositories: name them, as \(workspace)/REPOSITORY"))
        }
        let environments: [Environment]? = try finder.seen("environments of \(workspace)/\(repository)") {
            () throws(PushFailure) in
            try client.list(
                ["repositories", workspace, repository, "environments"], of: Environment.self, target, call: call)
        }
        for environment in environments ?? [] {
            finder.scope(
                "\(workspace)/\(repository) (\(oneLine(environment.name)))",
                [
                    ("workspace", workspace), ("repository", repository), ("environment", environment.name),
                    ("environment-id", environment.uuid),
                ])
        }
    }

    private func report(_ variables: [Variable], _ target: Target, _ finder: borrowing Finder) {
        let listed = variables.map { variable in
            variable.value.map { ListedName(variable.key, value: $0) } ?? ListedName(variable.key)
        }
        var fields = [(name: "workspace", value: target.workspace)]
        if let repository = target.repository { fields.append(("repository", repository)) }
        if let environment = target.environment { fields.append(("environment", environment)) }
        for entry in keyEntries(listed) {
            var own = fields
            if let name = entry.keyID?.name { own.append(("access-key-id", name)) }
            if let name = entry.secret?.name { own.append(("secret-access-key", name)) }
            var found = FoundPlace(
                oneLine(String(target.subject().dropFirst("Bitbucket: ".utf8.count)), limit: 290),
                entry.isFile ? [] : own, keyID: entry.accessKeyID)
            found.names = entry.names
            // Of a workspace, its repositories and their environments, the nearest wins.
            found.level = target.environment != nil ? 3 : target.repository != nil ? 2 : 1
            finder.report(found)
        }
    }
}

extension Target {
    /// For asking about a place.
    init(finding workspace: String, _ repository: String?, environment: String?) {
        (self.workspace, self.repository, self.environment) = (workspace, repository, environment)
        shape = .pair(accessKeyID: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY")
    }
}
