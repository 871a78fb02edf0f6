import PusherKit

/// What may hold keys below an owner: the variables of the account and of its repositories. Travis CI shows the values of public
/// ones alone, and no times. What is encrypted in a `.travis.yml` is outside of its API.
extension TravisCI {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        if let repository = scope.text("repository") {
            return try find(in: repository, scope.text("state") ?? "", finder, call: call)
        }
        guard scope.name.has("/") else { return try find(ofOwner: scope.name, finder, call: call) }
        let repository: ListedRepository = try client.read(["repo", scope.name], about: scope.name, call: call)
        try find(in: repository.slug, repository.state, finder, call: call)
    }

    private func find(ofOwner login: String, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let owner: Owner = try client.read(
            ["owner", login], [("include", "owner.repositories")], about: login, call: call)
        // A user's list has repositories that others share with the user.
        for repository in owner.repositories where repository.slug.lowercased().hasPrefix(login.lowercased() + "/") {
            finder.scope(repository.slug, [("repository", repository.slug), ("state", repository.state)])
        }
        for entry in keyEntries(owner.variables.map { $0.listed }) {
            var found = FoundPlace(oneLine("account \(login)", limit: 290), [], keyID: entry.accessKeyID)
            found.names = entry.names
            finder.report(found)
        }
    }

    private func find(
        in repository: String, _ state: String, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let list: VariableList = try client.read(["repo", repository, "env_vars"], about: repository, call: call)
        var branches: [String?] = []
        for variable in list.variables where !branches.contains(variable.branch) { branches.append(variable.branch) }
        for branch in branches {
            let own = list.variables.filter { $0.branch == branch }
            for entry in keyEntries(own.map { $0.listed }) {
                var fields = [(name: "repository", value: repository)]
                if let branch { fields.append(("branch", branch)) }
                let shown = branch.map { "\(repository) (branch \($0))" } ?? repository
                var found = FoundPlace(
                    oneLine(shown, limit: 290), fields + entry.travisFields, keyID: entry.accessKeyID)
                found.names = entry.names
                found.state = state
                finder.report(found)
            }
        }
    }
}

extension KeyEntry {
    fileprivate var travisFields: [(name: String, value: String)] {
        guard !isFile else {
            return [("shape", "credentials-file"), ("credentials-file", keyID?.name ?? ""), ("profile", profile)]
        }
        return [("shape", "pair")] + (keyID.map { [("access-key-id", $0.name)] } ?? [])
            + (secret.map { [("secret-access-key", $0.name)] } ?? [])
    }
}

extension Variable {
    /// Nothing of the value but the key IDs in it, also where it is a file in base64. A private variable's cannot be read.
    fileprivate var listed: ListedName {
        guard isPublic == true, let value else { return ListedName(name) }
        let decoded = value.accessKeyIDs.isEmpty ? value.base64Decoded : nil
        return ListedName(name, value: decoded.flatMap { $0.accessKeyIDs.isEmpty ? nil : $0 } ?? value)
    }
}

/// An owner: the variables of the account, which every repository may see, and the repositories.
private struct Owner: JSONReadable {
    let repositories: [ListedRepository]
    let variables: [AccountVariable]

    init(json fields: JSONValue) throws(JSONMismatch) {
        repositories = try fields.value("repositories")
        variables = try fields.optional("account_env_vars") ?? []
    }
}

/// A variable of an account.
private struct AccountVariable: JSONReadable {
    let listed: ListedName

    init(json fields: JSONValue) throws(JSONMismatch) {
        let name: String = try fields.value("name")
        let isPublic: Bool? = try fields.optional("public")
        let value: SecretBytes? = try fields.optional("value")
        listed = value.flatMap { isPublic == true ? ListedName(name, value: $0) : nil } ?? ListedName(name)
    }
}

/// A repository in a list.
private struct ListedRepository: JSONReadable {
    let slug: String
    /// Why its builds do not run; empty: in use.
    let state: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        slug = try fields.value("slug")
        let isActive: Bool? = try fields.optional("active")
        state = isActive == false ? "inactive" : ""
    }
}
