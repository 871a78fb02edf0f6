import PusherKit

/// What may hold keys: secrets and variables of an owner and of its repositories. Forgejo shows the values of variables, and of secrets
/// the names alone: the time that it gives is that of their creation.
extension Forgejo {
    /// Variables without a value in the list that are read one by one, of one place.
    private static let mostReads = 150

    /// An owner lists its own and its repositories, each of which is a scope of its own.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        if let repository = scope.text("repository") {
            return try find(inRepository: repository, scope.text("state") ?? "", finder, call: call)
        }
        let parts = scope.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts.allSatisfy { !$0.isEmpty }) {
        case (1, true): try find(ofOwner: scope.name, finder, call: call)
        case (2, true):
            let target = Target(finding: .repository(owner: parts[0], name: parts[1]))
            let repository = try client.repository(target, call: call)
            try find(inRepository: scope.name, repository.state, finder, call: call)
        default:
            throw PushFailure(
                .invalidConfiguration,
                "Forgejo: \(oneLine(scope.name)) is neither an owner nor a repository (owner/name)")
        }
    }

    private func find(ofOwner owner: String, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let place: Place
        let repositories: [Repository]
        do throws(PushFailure) {
            repositories = try client.repositories(below: ["orgs", owner], owner, call: call)
            place = .organization(owner)
        } catch {
            // No organization has that name; a user may have it.
            guard error.reason == .notFound else { throw error }
            repositories = try client.repositories(below: ["users", owner], owner, call: call)
            place = .user
        }
        for repository in repositories {
            finder.scope(
                oneLine(repository.fullName, limit: 290),
                [("repository", repository.fullName), ("state", repository.state)])
        }
        if case .user = place {
            let user = try finder.seen("user \(owner)") { () throws(PushFailure) in
                try client.user(Target(finding: place), call: call)
            }
            guard let user else { return }
            guard user.login.lowercased() == owner.lowercased() else {
                return try finder.gap(
                    "secrets and variables of user \(owner)",
                    PushFailure(.unsupported, "Forgejo shows a user's own to no one else: ask with a token of \(owner)")
                )
            }
        }
        try find(in: place, "", level: 1, finder, call: call)
    }

    private func find(
        inRepository name: String, _ state: String, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 2 else {
            throw PushFailure(.invalidConfiguration, "Forgejo: \(oneLine(name)) is not a repository (owner/name)")
        }
        try find(in: .repository(owner: parts[0], name: parts[1]), state, level: 2, finder, call: call)
    }

    /// The secrets and variables of one place.
    private func find(
        in place: Place, _ state: String, level: Int32, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let target = Target(finding: place)
        let variables = try finder.seen("variables of \(place.description)") { () throws(PushFailure) in
            try client.variables(of: place, for: target, call: call)
        }
        let secrets = try finder.seen("secrets of \(place.description)") { () throws(PushFailure) in
            try client.secrets(of: place, for: target, call: call)
        }
        let listed =
            try read(variables ?? [], of: target, finder, call: call) + (secrets ?? []).map { ListedName($0.name) }
        for entry in keyEntries(listed) {
            let own = entry.forgejoFields
            var found = FoundPlace(
                oneLine(place.description, limit: 290), own.isEmpty ? [] : place.fields + own, keyID: entry.accessKeyID)
            found.names = entry.names
            found.level = level
            found.state = state
            finder.report(found)
        }
    }

    /// The variables with their values, which the list of a repository of older Forgejos leaves out.
    private func read(
        _ variables: [Variable], of target: Target, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) -> [ListedName] {
        var reads = 0
        var missed = 0
        var listed: [ListedName] = []
        for variable in variables {
            guard variable.data.count == 0 else {
                listed.append(ListedName(variable.name, value: variable.data))
                continue
            }
            reads += 1
            guard reads <= Self.mostReads else {
                missed += 1
                listed.append(ListedName(variable.name))
                continue
            }
            let read = try finder.seen("variable \(variable.name) of \(target.place.description)") {
                () throws(PushFailure) in
                try client.variable(variable.name, of: target.place, for: target, call: call)
            }
            switch read {
            case .some(let found?): listed.append(ListedName(found.name, value: found.data))
            // Deleted since it was listed.
            case .some(nil): continue
            case nil: listed.append(ListedName(variable.name))
            }
        }
        if missed > 0 {
            try finder.gap(
                "values of \(missed) variables of \(target.place.description)",
                PushFailure(
                    .unsupported,
                    "this Forgejo lists them without values, and keyturn reads \(Self.mostReads) of one place"))
        }
        return listed
    }
}

extension KeyEntry {
    /// The fields of a target that would be it, as far as they are known. A file in a variable is none, nor is a secret access key in
    /// one: pushes write secrets.
    fileprivate var forgejoFields: [(name: String, value: String)] {
        if isFile {
            guard let keyID, keyID.keyIDs == nil else { return [] }
            return [("shape", "credentials-file"), ("credentials-file", keyID.name), ("profile", profile)]
        }
        guard secret?.keyIDs == nil else { return [] }
        var fields = [(name: "shape", value: "pair")]
        if let keyID {
            fields += [("key-id-as", keyID.keyIDs == nil ? "secret" : "variable"), ("access-key-id", keyID.name)]
        }
        if let secret { fields.append(("secret-access-key", secret.name)) }
        return fields
    }
}

extension Repository {
    /// Why no job uses what it has; empty: jobs do.
    fileprivate var state: String { isArchived ? "archived" : hasActions == false ? "Actions is off" : "" }
}

extension Target {
    /// For asking about a place.
    init(finding place: Place) {
        self.place = place
        shape = .pair(accessKeyID: "AWS_ACCESS_KEY_ID", secretAccessKey: "AWS_SECRET_ACCESS_KEY")
        keyIDIsVariable = true
    }
}
