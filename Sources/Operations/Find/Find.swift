internal import AWS
internal import Configuration
internal import Engine
internal import JSON
internal import JSONSchema
internal import PusherHost

/// Looks for places that may hold access keys, with the tokens of the pushers, and asks IAM whose keys they are. Writes nothing.
package struct Find {
    private var loaded: LoadedConfiguration
    private let logs: ProofLogs?

    /// - Parameter proofs: logs of jobs that prove which key they are given; `-` is stdin. They are read first: what cannot be
    ///   read asks no one anything.
    package init(_ context: OperationContext, proofs: [String] = []) async throws {
        // The seal key is read for proofs alone.
        let state: StateAccess
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: proofs.isEmpty ? .looking : .checking)
        logs =
            proofs.isEmpty
            ? nil : try ProofLogs(proofs, await ProofLogs.seal(state, loaded), at: context.clock.now)
    }

    /// - Parameters:
    ///   - scopes: `github:acme`; none: the owners of the configured targets.
    ///   - pushers: only theirs; none: all.
    ///   - report: gets how far it has come, from any thread.
    /// - Returns: what was seen, and the exit status that it leads to.
    package func run(
        _ scopes: [String], pushers: [String], report: @escaping @Sendable (FindProgress) -> Void
    ) async throws -> (document: FindDocument, status: ExitStatus) {
        let roots = try FindScopes(loaded: loaded).scopes(scopes, pushers: pushers)
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let host = try await factory.makeHost(http, pushers: Set(roots.map(\.pusher)))
        var walk = await FindWalk(host: host, clock: loaded.context.clock, report: report).run(roots)
        await host.stop()
        if scopes.isEmpty { walk.gaps += FindScopes(loaded: loaded).unlisted(but: roots, pushers: pushers) }
        var checked = fitting(walk)
        let named = checked.places.compactMap(\.place.keyID) + (logs?.keyIDs ?? [])
        let keys = await lookup(factory.makeAccounts(http)).run(Set(named))
        var proven = logs.map { ProvenPlaces($0, ProofPlaces(checked, loaded), keys) }
        proven?.settle()
        for (index, proof) in proven?.places ?? [:] {
            if let id = proven?.keyID(of: proof) { checked.places[index].place.keyID = id }
        }
        let match = FindMatch(
            walk: checked, keys: keys, managed: ManagedPlaces(loaded), proofs: proven?.places ?? [:],
            now: loaded.context.clock.now)
        var document = match.document(roots)
        document.find.unproved = proven?.unproved
        return (document, Self.status(document, walk))
    }

    /// The default account, and those of the users.
    private func lookup(_ accounts: Accounts) -> KeyLookup {
        var settings = [loaded.account(loaded.configuration.account)]
        for user in loaded.users {
            let account = loaded.account(of: user)
            if !settings.contains(account) { settings.append(account) }
        }
        return KeyLookup(
            accounts: settings.map { accounts.iam($0) },
            users: loaded.users.map { ($0.userName, accounts.iam(loaded.account(of: $0))) })
    }

    /// A place's fields may become a target: those that the manifest does not allow are left out, and so are key IDs that are none.
    private func fitting(_ walk: FindWalk.Result) -> FindWalk.Result {
        var checked = walk
        let schemas = Dictionary(
            loaded.pushers.map { ($0.name, loaded.plugins[$0.plugin]?.manifest.target) }
        ) { first, _ in first }
        for index in checked.places.indices {
            let place = checked.places[index].place
            if let id = place.keyID, id.wholeMatch(of: #/(AKIA|ASIA)[A-Z0-9]{12,124}/#) == nil {
                checked.places[index].place.keyID = nil
            }
            let schema = schemas[walk.scopes[walk.places[index].scope].pusher] ?? nil
            if let schema, !TargetFields.fit(place.fields, schema) { checked.places[index].place.fields = [:] }
        }
        // A scope may have been named, and be below another one that was.
        var seen: Set<[String]> = []
        checked.places.removeAll { found in
            let place = found.place
            return !seen.insert(
                [walk.scopes[found.scope].pusher, place.place, place.audience, place.keyID ?? ""] + place.names
            ).inserted
        }
        return checked
    }

    /// A scope that was named and not seen at all is a failure, and so is a proof that is none; a part of a scope is a line in the report.
    private static func status(_ document: FindDocument, _ walk: FindWalk.Result) -> ExitStatus {
        let hasFailed = document.find.unseen.contains { $0.reason == .failed }
        let isUnproved = document.find.unproved?.isEmpty == false
        return walk.unseenRoots.map { ExitStatus(ofCheck: $0) }.worst.worse(hasFailed ? .unfinished : .done)
            .worse(isUnproved ? .failed : .done)
    }
}

/// Fields as texts, as a plugin reports them, and as the values that a target has.
enum TargetFields {
    /// The values, of the types that the schema asks for.
    static func typed(_ fields: [String: String], _ schema: Schema) -> [String: JSONValue] {
        var typed: [String: JSONValue] = [:]
        for (name, text) in fields where !text.isEmpty {
            let type = schema.properties[name]?["type"]
            let types = type?.strings ?? type?.string.map { [$0] } ?? []
            if types.contains("boolean"), text == "true" || text == "false" {
                typed[name] = .bool(text == "true")
            } else if types.contains("integer"), !types.contains("string"), let number = Int64(text) {
                typed[name] = .integer(number)
            } else {
                typed[name] = .string(text)
            }
        }
        return typed
    }

    /// Whether a target may have them. What is missing is not a fault: names that were not found are for a person to fill in.
    static func fit(_ fields: [String: String], _ schema: Schema) -> Bool {
        guard !fields.isEmpty else { return true }
        var values = typed(fields, schema)
        for (name, standard) in [
            ("access-key-id", "AWS_ACCESS_KEY_ID"), ("secret-access-key", "AWS_SECRET_ACCESS_KEY"),
        ] where values[name] == nil && schema.properties[name] != nil { values[name] = .string(standard) }
        return schema.violations(in: .object(values)).isEmpty
    }
}
