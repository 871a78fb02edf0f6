import PusherKit

/// What may hold keys below an owner: secrets and variables of the organization, its repositories and their environments, of each
/// kind. Of secrets GitHub shows the names and times alone.
extension GitHubActions {
    /// An owner lists its own and its repositories, a repository its own and its environments: each is a scope of its own, so
    /// that every list is read once.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        if let repository = scope.text("repository") {
            let found = FindScope(repository: repository, state: scope.text("state") ?? "")
            if let environment = scope.text("environment") {
                return try find(inEnvironment: environment, found, finder, call: call)
            }
            return try find(in: found, finder, call: call)
        }
        let parts = scope.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts.allSatisfy { !$0.isEmpty }) {
        case (1, true): try find(ofOwner: scope.name, finder, call: call)
        case (2, true):
            let target = Target(finding: .repository(owner: parts[0], name: parts[1], .actions))
            let response = try client.send(.get, ["repos"] + parts, for: target, call: call)
            guard response.isYes(200), let found = response.json(ListedRepository.self) else {
                throw client.rejection(response, for: target, call: call)
            }
            try find(in: FindScope(repository: found.name, state: found.state), finder, call: call)
        default:
            throw PushFailure(
                .invalidConfiguration,
                "GitHub: \(oneLine(scope.name)) is neither an owner nor a repository (owner/name)")
        }
    }

    private func find(ofOwner owner: String, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let target = Target(finding: .organization(owner, .actions))
        let repositories: [ListedRepository]
        var isOrganization = true
        do throws(PushFailure) {
            repositories = try client.all(["orgs", owner, "repos"], nil, for: target, call: call)
        } catch {
            guard case .notFound = error.reason else { throw error }
            isOrganization = false
            repositories = try client.repositories(ofUser: owner, for: target, call: call)
        }
        let running = isOrganization ? try runningActions(owner, finder, call: call) : .all
        for repository in repositories {
            let state = repository.state.isEmpty && !running.includes(repository) ? Running.off : repository.state
            finder.scope(repository.name, [("repository", repository.name), ("state", state)])
        }
        guard isOrganization else { return }
        for kind in FindKind.all {
            guard !(kind.name == "codespaces" && client.credential.isApp) else {
                try finder.gap(
                    "Codespaces secrets of organization \(owner)",
                    PushFailure(.unsupported, "GitHub shows them to no App: ask with a personal access token"))
                continue
            }
            try find(
                kind, ["orgs", owner, kind.name], "organization \(owner)", [("organization", owner)],
                running.isOff && kind.name == "actions" ? Running.off : "", level: 1, target, finder, call: call)
        }
    }

    private func find(in scope: FindScope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let target = Target(finding: scope.place)
        for kind in FindKind.all {
            try find(
                kind, scope.path + [kind.name], scope.repository, [("repository", scope.repository)],
                kind.name == "actions" || scope.state != Running.off ? scope.state : "", level: 2, target, finder,
                call: call)
        }
        let environments: [NamedItem]? = try finder.seen("environments of \(scope.repository)") {
            () throws(PushFailure) in
            try client.all(scope.path + ["environments"], "environments", for: target, call: call)
        }
        for environment in environments ?? [] {
            finder.scope(
                "\(scope.repository) (environment \(oneLine(environment.name)))",
                [("repository", scope.repository), ("environment", environment.name), ("state", scope.state)])
        }
    }

    private func find(
        inEnvironment environment: String, _ scope: FindScope, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        try find(
            FindKind.actions, scope.path + ["environments", environment],
            "\(scope.repository) (environment \(oneLine(environment)))",
            [("repository", scope.repository), ("environment", environment)], scope.state, level: 3,
            Target(finding: scope.place), finder, call: call)
    }

    /// The secrets and variables of one kind at one place.
    private func find(
        _ kind: FindKind, _ path: [String], _ place: String, _ fields: [(name: String, value: String)], _ state: String,
        level: Int32, _ target: Target, _ finder: borrowing Finder, call: borrowing Call
    ) throws(PushFailure) {
        let words = kind.name == "actions" ? place : "\(place) (\(kind.name))"
        var items: [ListedItem] = []
        if kind.hasVariables {
            items +=
                try finder.seen("\(kind.title) variables of \(place)") { () throws(PushFailure) in
                    try client.all(path + ["variables"], "variables", 30, for: target, call: call)
                } ?? []
        }
        let secrets: [ListedItem] =
            try finder.seen("\(kind.title) secrets of \(place)") { () throws(PushFailure) in
                try client.all(path + ["secrets"], "secrets", for: target, call: call)
            } ?? []
        let late = level == 1 && kind.name == "actions" ? pastTheLimit(secrets) : []
        var readers = Readers(items, secrets, path, hasList: kind.isTarget)
        for entry in keyEntries((items + secrets).map { $0.listed }) {
            let own = entry.gitHubFields
            let seenBy = try readers.words(of: entry) { list, name throws(PushFailure) in
                try finder.seen("repositories that see \(oneLine(name)) of \(place)") { () throws(PushFailure) in
                    try client.all(list, "repositories", for: target, call: call)
                }
            }
            var found = FoundPlace(
                oneLine(words + seenBy, limit: 290), kind.isTarget && !own.isEmpty ? fields + kind.fields + own : [],
                keyID: entry.accessKeyID, changedAt: newest([entry.keyID?.changedAt, entry.secret?.changedAt]))
            found.names = entry.names
            found.audience = kind.name
            found.level = level
            let isLate = entry.names.contains { late.contains($0.uppercased()) }
            found.state = state.isEmpty && isLate ? "past the 100 organization secrets that a workflow gets" : state
            finder.report(found)
        }
    }

    /// The names past the hundredth, in the order of names, of what all repositories see: a workflow gets no more of an
    /// organization's secrets.
    private func pastTheLimit(_ secrets: [ListedItem]) -> Set<String> {
        let names = secrets.filter { $0.visibility != "selected" }.map { $0.listed.name.uppercased() }
        return Set(names.sorted().dropFirst(100))
    }
}

/// A repository that is looked through.
private struct FindScope {
    let repository: String
    let state: String

    private var parts: [String] { repository.split(separator: "/").map(String.init) }

    var path: [String] { ["repos"] + parts }

    var place: Place {
        .repository(owner: parts.first ?? "", name: parts.count > 1 ? parts[1] : "", .actions)
    }
}

/// Which repositories see an organization's secrets and variables whose visibility is `selected`: a list of its own for each.
private struct Readers {
    /// How many bytes of names are shown.
    private static let mostBytes = 160

    /// The list of each name that has one.
    private var lists: [String: [String]] = [:]
    private var known: [String: [String]] = [:]

    /// - Parameter hasList: whether GitHub describes the list of a variable; not for Agents.
    init(_ variables: [ListedItem], _ secrets: [ListedItem], _ path: [String], hasList: Bool) {
        for (items, part) in [(hasList ? variables : [], "variables"), (secrets, "secrets")] {
            for item in items where item.visibility == "selected" {
                lists[item.listed.name] = path + [part, item.listed.name, "repositories"]
            }
        }
    }

    /// Those that see all of an entry, in words for people; nothing where the visibility is another one or they cannot be read.
    ///
    /// - Parameter ask: reads a list once, and gives nil where it may not be read.
    mutating func words(
        of entry: KeyEntry, _ ask: ([String], String) throws(PushFailure) -> [ListedRepository]?
    ) throws(PushFailure) -> String {
        var common: [String]?
        for name in entry.names {
            guard let list = lists[name] else { continue }
            if known[name] == nil { known[name] = try ask(list, name)?.map { $0.name } }
            guard let seen = known[name] else { return "" }
            common = common?.filter { seen.contains($0) } ?? seen
        }
        guard let common else { return "" }
        var shown: [String] = []
        for name in common.map({ oneLine($0) }).sorted() {
            guard (shown + [name]).joined(separator: ", ").utf8.count <= Self.mostBytes else { break }
            shown.append(name)
        }
        let rest = common.count - shown.count
        let names = shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        return " (seen by \(common.isEmpty ? "no repository" : names))"
    }
}

/// Who reads secrets: each kind has lists of its own.
private struct FindKind {
    let name: String
    let title: String
    let hasVariables: Bool
    /// Whether a target can be one of them.
    let isTarget: Bool

    /// The field of a target.
    var fields: [(name: String, value: String)] { [("kind", name)] }

    static let actions = FindKind(name: "actions", title: "Actions", hasVariables: true, isTarget: true)
    static let all = [
        actions, FindKind(name: "dependabot", title: "Dependabot", hasVariables: false, isTarget: true),
        FindKind(name: "codespaces", title: "Codespaces", hasVariables: false, isTarget: true),
        FindKind(name: "agents", title: "Agents", hasVariables: true, isTarget: false),
    ]
}

extension KeyEntry {
    /// The fields of a target that would be it, as far as they are known. A file in a variable is none: pushes write secrets.
    fileprivate var gitHubFields: [(name: String, value: String)] {
        if isFile {
            guard let keyID, keyID.keyIDs == nil else { return [] }
            return [("shape", "credentials-file"), ("credentials-file", keyID.name), ("profile", profile)]
        }
        var fields = [(name: "shape", value: "pair")]
        if let keyID {
            fields += [
                ("key-id-as", keyID.keyIDs == nil ? "secret" : "variable"), ("access-key-id", keyID.name),
            ]
        }
        if let secret { fields.append(("secret-access-key", secret.name)) }
        return fields
    }
}

extension Target {
    /// For asking about a place. With a variable for the key ID, so that an App's token is not narrowed to secrets.
    init(finding place: Place) {
        self.place = place
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        (keyIDAs, file) = (.variable, nil)
    }
}
