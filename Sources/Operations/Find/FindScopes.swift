internal import Configuration
internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PusherHost
internal import Rotation

/// A scope that is looked through: a pusher, and what it is called there.
struct FindScope: Hashable, Comparable {
    var pusher: String
    var name: String

    var text: String { "\(pusher):\(name)" }

    static func < (left: FindScope, right: FindScope) -> Bool {
        (left.pusher, left.name) < (right.pusher, right.name)
    }
}

/// Which scopes are looked through: those that are named, else the owners of the configured targets.
struct FindScopes {
    let loaded: LoadedConfiguration

    /// - Parameters:
    ///   - named: `github:acme`; none: the owners of the targets.
    ///   - pushers: only theirs; none: all.
    /// - Returns: each once.
    func scopes(_ named: [String], pushers: [String]) throws -> [FindScope] {
        for name in pushers { _ = try pusher(name) }
        let wanted = Set(pushers)
        let found = named.isEmpty ? owners : try named.map(scope)
        let scopes = found.filter { wanted.isEmpty || wanted.contains($0.pusher) }
        guard !scopes.isEmpty else {
            throw OperationFailure(
                .usage,
                "no scope to look through follows from the targets in \(loaded.file): name one, such as "
                    + "`keyturn find \(example(of: wanted))`")
        }
        return Set(scopes).sorted()
    }

    /// The pushers with targets that are not looked through: those that cannot, and those of which no target says what to look through.
    ///
    /// - Parameters:
    ///   - roots: what is looked through.
    ///   - wanted: only these; none: all.
    func unlisted(but roots: [FindScope], pushers wanted: [String]) -> [(pusher: String, gap: FoundGap)] {
        let used = Set(loaded.users.flatMap(\.targets).map(\.pusher))
        return loaded.pushers.filter { pusher in
            used.contains(pusher.name) && (wanted.isEmpty || wanted.contains(pusher.name))
                && !roots.contains { $0.pusher == pusher.name }
        }.map { pusher in
            let scope = plugin(pusher)?.manifest.scope
            let about = scope?.definition["description"]?.string.map { ": \($0)" } ?? ""
            let words =
                scope == nil
                ? "the plugin \(pusher.plugin) has nothing to list: only its targets are known"
                : "looked through only where a scope is named, such as `keyturn find \(pusher.name):PLACE`\(about)"
            return (pusher.name, FoundGap(.unsupported, part: "places of \(pusher.name)", message: words))
        }
    }

    /// A scope that one of the pushers takes.
    private func example(of wanted: Set<String> = []) -> String {
        for pusher in loaded.pushers where wanted.isEmpty || wanted.contains(pusher.name) {
            guard let scope = plugin(pusher)?.manifest.scope else { continue }
            let place = ["acme", "/srv/ci", "gh/acme"].first { scope.violations(in: .string($0)).isEmpty }
            return "\(pusher.name):\(place ?? "PLACE")"
        }
        return "github:acme"
    }

    private func plugin(_ pusher: ConfiguredPusher) -> Plugin? { loaded.plugins[pusher.plugin] }

    private func pusher(_ name: String) throws -> ConfiguredPusher {
        if let pusher = loaded.pushers.first(where: { $0.name == name }) { return pusher }
        let near = Spelling.nearest(to: name, among: loaded.pushers.map(\.name))
        throw OperationFailure(
            .usage,
            "\(loaded.file) has no pusher `\(name)`; "
                + (near.map { "did you mean `\($0)`?" }
                    ?? "it has \(loaded.pushers.map(\.name).joined(separator: ", "))"))
    }

    private func scope(_ text: String) throws -> FindScope {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
            throw OperationFailure(.usage, "\(text) is not a scope: PUSHER:PLACE, such as \(example())")
        }
        let pusher = try pusher(parts[0])
        guard let schema = plugin(pusher)?.manifest.scope else {
            throw OperationFailure(
                .usage, "\(text): the plugin \(pusher.plugin) cannot list what is below a scope")
        }
        if let violation = schema.violations(in: .string(parts[1])).first {
            let isTarget = loaded.users.contains { $0.targets.contains { $0.name.rawValue == text } }
            throw OperationFailure(
                .usage,
                "\(text) is \(isTarget ? "the name of a target, and " : "")not a scope of \(pusher.name): \(parts[1]) \(violation.message)"
            )
        }
        return FindScope(pusher: parts[0], name: parts[1])
    }

    /// The scopes that the targets' fields begin with, as the manifests say.
    private var owners: [FindScope] {
        var found: Set<FindScope> = []
        for target in loaded.users.flatMap(\.targets) {
            guard let pusher = loaded.pushers.first(where: { $0.name == target.pusher }),
                let manifest = plugin(pusher)?.manifest, manifest.scope != nil,
                let fields = (try? JSONValue(parsing: target.fields))?.object
            else { continue }
            for (field, count) in manifest.owners {
                guard let path = fields[field]?.string else { continue }
                let parts = path.split(separator: "/")
                // A number names a project without its owner.
                guard parts.count >= count, !path.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { continue }
                found.insert(FindScope(pusher: target.pusher, name: parts.prefix(count).joined(separator: "/")))
            }
        }
        return Array(found)
    }
}
