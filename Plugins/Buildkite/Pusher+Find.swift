import PusherKit

/// What may hold keys: the secrets of an organization's clusters. Buildkite shows names and times, and no values.
extension Buildkite {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        guard let id = scope.text("cluster"), let name = scope.text("name"),
            let organization = scope.text("organization")
        else {
            let path = ["organizations", scope.name, "clusters"]
            let target = Target(finding: "all", of: scope.name)
            for cluster in try client.list(path, of: Cluster.self, target, call: call) where isUUID(cluster.id) {
                finder.scope(
                    "cluster \(oneLine(cluster.name)) of \(scope.name)",
                    [("organization", scope.name), ("cluster", cluster.id), ("name", cluster.name)])
            }
            return
        }
        let target = Target(finding: name, of: organization)
        let secrets = try client.secrets(
            at: ["organizations", organization, "clusters", id, "secrets"], target, call: call)
        for entry in keyEntries(secrets.map { ListedName($0.key, changedAt: $0.updatedAt) }) where !entry.isFile {
            var fields = [(name: "organization", value: organization), (name: "cluster", value: name)]
            if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
            if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
            var found = FoundPlace(
                oneLine("cluster \(name) of \(organization)", limit: 290), fields, keyID: nil,
                changedAt: entry.keyID?.changedAt ?? entry.secret?.changedAt)
            found.names = entry.names
            finder.report(found)
        }
    }
}

extension Target {
    /// For asking about a cluster.
    init(finding cluster: String, of organization: String) {
        (self.organization, self.cluster) = (organization, cluster)
        shape = .pair(accessKeyID: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY")
    }
}
