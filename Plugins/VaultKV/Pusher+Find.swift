import PusherKit

/// What may hold keys: the secrets of a key-value store, folder by folder. A list shows names alone, and also those of secrets whose
/// current version is deleted; so each secret is read, where the token may.
extension VaultKV {
    /// Secrets of one folder that one call reads: with the list and what comes before it that is within the ABI's bound.
    private static let mostReads = 200

    /// Each folder is a scope of its own; `*` is every store that the token sees.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        guard let mount = scope.text("mount"), let number = scope.text("version") else {
            return try find(byName: scope.name, finder, call: call)
        }
        let folder = Folder(mount: mount, version: number == "1" ? .one : .two, path: scope.text("path") ?? "")
        try find(in: folder, after: scope.text("after"), finder, call: call)
    }

    private func find(byName name: String, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        guard name != "*" else {
            for store in try client.stores(call: call) {
                finder.scope(store.path, [("mount", store.path), ("version", "\(store.version)")])
            }
            return
        }
        let segments = Target.segments(name)
        guard !segments.isEmpty, !segments.contains(where: { $0 == "." || $0 == ".." }) else {
            throw PushFailure(.invalidConfiguration, "Vault: \(oneLine(name)) is not the path of a store or a folder")
        }
        let folder = try client.folder(segments, call: call)
        try find(in: folder, after: nil, finder, call: call)
    }

    private func find(
        in folder: Folder, after: String?, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let names = try client.names(in: folder, call: call)
        // What was reported with the first part is not reported with the others.
        for name in names where name.hasSuffix("/") && after == nil {
            finder.scope(oneLine(folder.name + "/" + name.dropLast(), limit: 290), folder.below(name).fields)
        }
        let secrets = names.filter { !$0.hasSuffix("/") }.drop { name in after.map { name <= $0 } ?? false }
        var hidden: [String] = []
        for name in secrets.prefix(Self.mostReads) {
            let seen = try finder.seen("secret \(folder.name)/\(name)") { () throws(PushFailure) in
                try client.secret(name, in: folder, call: call)
            }
            switch seen {
            case .some(.readable(let fields, let time)): report(fields, name, folder, time, finder)
            case .some(.forbidden): hidden.append(name)
            // Deleted, destroyed, or gone since it was listed: no key is there.
            case .some(.nothing), nil: break
            }
        }
        try report(hidden: hidden, folder, finder)
        if secrets.count > Self.mostReads, let last = secrets.prefix(Self.mostReads).last {
            finder.scope(
                oneLine("\(folder.name) after \(last)", limit: 290), folder.fields + [(name: "after", value: last)])
        }
    }

    private func report(
        _ secret: Fields, _ name: String, _ folder: Folder, _ time: String?, _ finder: borrowing Finder
    ) {
        for entry in keyEntries(secret.listed) {
            var fields = folder.targetFields(name)
            if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
            if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
            var found = FoundPlace(
                oneLine("\(folder.name)/\(name)", limit: 290), entry.isFile ? [] : fields, keyID: entry.accessKeyID,
                changedAt: time.flatMap(rfc3339).map(rfc3339Text))
            found.names = entry.names
            finder.report(found)
        }
    }

    /// Secrets that may not be read: the name alone may speak for a key.
    private func report(hidden: [String], _ folder: Folder, _ finder: borrowing Finder) throws(PushFailure) {
        guard !hidden.isEmpty else { return }
        for entry in keyEntries(hidden.map { ListedName($0) }) {
            for name in entry.names {
                var found = FoundPlace(
                    oneLine("\(folder.name)/\(name)", limit: 290), folder.targetFields(name), keyID: nil)
                found.names = [oneLine(name, limit: 290)]
                finder.report(found)
            }
        }
        try finder.gap(
            "values of \(hidden.count) secrets of \(folder.name)",
            PushFailure(
                .unauthorized, "the token may list them and not read them: its policy lacks read on \(folder.rule)"))
    }
}

extension Fields {
    /// The fields' names and values, also of what is inside of them.
    var listed: [ListedName] { json.listedMembers }
}
