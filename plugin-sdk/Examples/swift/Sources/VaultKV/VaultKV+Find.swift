import PusherKit

/// What `keyturn find` asks: which secrets below a path hold access keys, or may hold one? A scope is a path of the mount `secret`.
extension VaultKV {
    /// A call may make 256 requests, and each secret takes one.
    private static let mostSecrets = 200

    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let names = try client.list(scope.name, call: call)
        for name in names where name.hasSuffix("/") { finder.scope("\(scope.name)/\(name.dropLast())") }
        let secrets = names.filter { !$0.hasSuffix("/") }
        for name in secrets.prefix(Self.mostSecrets) { try look(at: "\(scope.name)/\(name)", finder, call: call) }
        guard secrets.count > Self.mostSecrets else { return }
        try finder.gap(
            "secrets of \(scope.name) after \(secrets[Self.mostSecrets - 1])",
            PushFailure(
                .unsupported, "a path of more than \(Self.mostSecrets) secrets is not looked through to its end"))
    }

    /// What may not be read is a part that was not seen, and the others are looked at all the same.
    private func look(at path: String, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let target = Target(path: path)
        let fields = try finder.seen("the secret \(path)") { () throws(PushFailure) in
            try client.read(target, call: call) ?? [:]
        }
        // The order of fields is not the same from run to run.
        let listed = (fields ?? [:]).sorted { $0.key < $1.key }.map { ListedName($0.key, value: $0.value) }
        for entry in keyEntries(listed) where !entry.isFile {
            var own = [(name: "path", value: path), (name: "mount", value: target.mount)]
            if let name = entry.keyID?.name { own.append(("access-key-id", name)) }
            if let name = entry.secret?.name { own.append(("secret-access-key", name)) }
            var found = FoundPlace(oneLine(path, limit: 290), own, keyID: entry.accessKeyID)
            found.names = entry.names
            finder.report(found)
        }
    }
}

extension VaultKV.Target {
    /// For reading a secret that no target names.
    init(path: String) {
        (self.path, mount) = (path, "secret")
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
}
