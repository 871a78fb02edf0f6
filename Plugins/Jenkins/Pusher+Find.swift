import PusherKit

/// What may hold keys: the credentials of Jenkins and of its folders. Lists show names, and the name of a credential of AWS, or of a user
/// name with a password, begins with the access key ID. Jenkins says nowhere when a credential was written.
extension Jenkins {
    /// Domains of one store that are read: each takes a request.
    private static let mostDomains = 200

    /// Each folder is a scope of its own; `*` is Jenkins itself.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let path = scope.text("folder") ?? (scope.name == "*" ? "" : scope.name)
        let store = Store(folders: path.split(separator: "/").map(String.init))
        guard !store.folders.contains(where: { $0 == "." || $0 == ".." }) else {
            throw PushFailure(.invalidConfiguration, "Jenkins: a folder cannot be named . or ..")
        }
        let target = Target(finding: store)
        let folders = try client.folders(in: store, for: target, call: call)
        for folder in folders {
            let path = (store.folders + [folder]).joined(separator: "/")
            finder.scope(oneLine(path, limit: 290), [("folder", path)])
        }
        let domains = try finder.seen("credentials of \(store.description)") { () throws(PushFailure) in
            try client.domains(of: store, for: target, call: call)
        }
        for domain in (domains ?? []).prefix(Self.mostDomains) {
            let inDomain = domain == "_" ? "" : ", domain \(domain)"
            let credentials = try finder.seen("credentials of \(store.description)\(inDomain)") {
                () throws(PushFailure) in
                try client.credentials(of: store, domain: domain, for: target, call: call)
            }
            report(credentials ?? [], Spot(store: store, domain: domain), finder)
        }
        if let count = domains?.count, count > Self.mostDomains {
            try finder.gap(
                "\(count - Self.mostDomains) domains of \(store.description)",
                PushFailure(.unsupported, "keyturn reads \(Self.mostDomains) domains of one folder"))
        }
    }

    private func report(_ credentials: [ListedCredential], _ spot: Spot, _ finder: borrowing Finder) {
        var others: [ListedName] = []
        for credential in credentials {
            if let keyID = credential.keyID {
                spot.report(credential.id, names: [credential.id], keyID, isTarget: true, finder)
            } else if !credential.showsUser {
                others.append(ListedName(credential.id))
            }
        }
        // Texts and files, of which the names alone can be seen. Two texts are no target: a push writes one credential.
        for entry in keyEntries(others) {
            spot.report(entry.names.joined(separator: ", "), names: entry.names, nil, isTarget: false, finder)
        }
    }
}

/// A domain of one store.
private struct Spot {
    let store: Store
    let domain: String

    func report(_ id: String, names: [String], _ keyID: String?, isTarget: Bool, _ finder: borrowing Finder) {
        let inDomain = domain == "_" ? "" : ", domain \(domain)"
        var fields = [(name: "credential", value: id), (name: "domain", value: domain)]
        if !store.folders.isEmpty { fields.append(("folder", store.folders.joined(separator: "/"))) }
        var found = FoundPlace(
            oneLine("\(store.description)\(inDomain), credential \(id)", limit: 290), isTarget ? fields : [],
            keyID: keyID)
        found.names = names
        // A folder's credential hides one of its ID further out.
        found.level = Int32(clamping: store.folders.count + 1)
        finder.report(found)
    }
}

extension ListedCredential {
    /// The key ID that its name begins with, as that of an AWS credential does (`AKIA… (description)`) and that of a user name with a
    /// password (`AKIA…/******`). A key ID elsewhere is someone's words: of a text the name is nothing but the description.
    fileprivate var keyID: String? {
        guard let id = SecretBytes(displayName).accessKeyIDs.first, displayName.hasPrefix(id) else { return nil }
        let rest = displayName.dropFirst(id.utf8.count)
        let isText = typeName.lowercased().has("text") || typeName.lowercased().has("file")
        return !isText && (rest.isEmpty || rest.hasPrefix(" (") || rest.hasPrefix("/******")) ? id : nil
    }

    /// Whether its name is that of a user with a password, and so no key's.
    fileprivate var showsUser: Bool { displayName.has("/******") }
}

extension Target {
    /// For asking about a store.
    init(finding store: Store) {
        (credential, self.store, domain) = ("", store, "_")
    }
}
