import PusherKit

/// What may hold keys: the Secrets of one namespace, or of all. Whoever may list Secrets may read them, so every value is searched.
extension Kubernetes {
    /// `*` lists the namespaces, each of which is a scope of its own.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        guard scope.name != "*" else {
            for namespace in try client.namespaces(call: call) {
                finder.scope(namespace.name, [("namespace", namespace.name), ("state", namespace.state)])
            }
            return
        }
        let namespace = scope.text("namespace") ?? scope.name
        for secret in try client.secrets(in: namespace, call: call) {
            report(secret, in: namespace, scope.text("state") ?? "", finder)
        }
    }

    private func report(_ secret: ListedSecret, in namespace: String, _ state: String, _ finder: borrowing Finder) {
        for entry in keyEntries(secret.listed) {
            var fields = [(name: "namespace", value: namespace), (name: "secret", value: secret.name)]
            if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
            if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
            // A file in one key is not a target: a push writes two keys.
            var found = FoundPlace(
                oneLine("\(namespace)/\(secret.name)", limit: 290), entry.isFile ? [] : fields, keyID: entry.accessKeyID
            )
            found.names = entry.names
            found.state = secret.isImmutable ? "immutable" : secret.isEnding ? "being deleted" : state
            finder.report(found)
        }
    }
}

/// A Secret in a list, where kind and version are the list's.
struct ListedSecret: JSONReadable {
    let name: String
    let isImmutable: Bool
    let isEnding: Bool
    /// Its keys. One that is not in base64 counts as one that cannot be read.
    let listed: [ListedName]

    init(json secret: JSONValue) throws(JSONMismatch) {
        let metadata: JSONValue = try secret.value("metadata")
        name = try metadata.value("name")
        isImmutable = try secret.optional("immutable") ?? false
        isEnding = metadata["deletionTimestamp"] != nil
        var listed: [ListedName] = []
        for (name, value) in secret["data"]?.fields ?? [] {
            let decoded = try SecretBytes(json: value).base64Decoded
            listed.append(decoded.map { ListedName(name, value: $0) } ?? ListedName(name))
        }
        self.listed = listed
    }
}

/// A namespace in a list.
struct ListedNamespace: JSONReadable {
    let name: String
    /// Why nothing uses what is in it; empty: it is in use.
    let state: String

    init(json namespace: JSONValue) throws(JSONMismatch) {
        let metadata: JSONValue = try namespace.value("metadata")
        name = try metadata.value("name")
        state = metadata["deletionTimestamp"] == nil ? "" : "namespace is being deleted"
    }
}

/// A page of a list.
struct ListedPage<Item: JSONReadable>: JSONReadable {
    let items: [Item]
    /// What the next page begins with; nil: this is the last one.
    let next: String?

    init(json list: JSONValue) throws(JSONMismatch) {
        // A list of something else would read as one without items.
        let kind: String = try list.value("kind")
        guard kind.hasSuffix("List") else { throw list.wrong("kind", "is not a list") }
        items = try list.optional("items") ?? []
        let next: String? = try list["metadata"]?.optional("continue")
        self.next = next.flatMap { $0.isEmpty ? nil : $0 }
    }
}
