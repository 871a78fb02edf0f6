internal import Configuration
internal import Engine
internal import Glibc
internal import Journal
internal import Notifications
internal import Programs
internal import PusherHost
internal import Rotation

/// Reads the configuration, the plugins and the state's seal key, starts each pusher, and asks AWS and every target if that is wanted.
/// Writes nothing anywhere.
package struct ConfigurationCheck {
    private var loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) async throws {
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: .checking)
    }

    /// - Parameters:
    ///   - names: of users; none: all.
    ///   - online: whether AWS and every target are asked.
    package mutating func run(_ names: [String], online: Bool) async throws -> [Finding] {
        try await state.check()
        var factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        var problems = loaded.problems.map { Finding("discover", .failed, $0) }
        if online, let report = try await loaded.discover(accounts, keptIn: nil) {
            problems = report.problems
            report.notes.forEach { loaded.log.tell($0) }
            factory = ServiceFactory(loaded)
        }
        let users = try loaded.select(names)
        // Before they are needed: each that cannot be read is named, and not the first one alone.
        let secrets = online ? try await factory.check(loaded.secretReferences) : []
        if secrets.contains(where: { $0.status != .done }) { return problems + secrets }
        let host = try await factory.makeHost(http, for: users)
        let findings: [Finding]
        do {
            let destinations = try await factory.destinations()
            let started = try await factory.start(host, for: users)
            let local = try LocalCheck(loaded, host, asksTargets: online)
            let offline =
                [Finding("configuration", .done, summary(users))] + problems
                + stateFile() + destinations.map(Self.finding(of:))
                + started.map { local.finding(of: $0, $1) } + (await local.findings(of: users))
            let rotations = try await state.records().mapValues(\.rotation)
            let known =
                Plausibility.findings(
                    users, loaded.secretReferences, at: SystemClock().now, regions: loaded.regions(of:))
                + remarks(users, rotations, areAll: names.isEmpty)
            let check = OnlineCheck(loaded: loaded, host: host, accounts: accounts, rotations: rotations)
            findings =
                offline + (try await safety()) + (try await seals()) + secrets + known
                + (online ? await check.run(users) : [])
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
        return findings
    }

    /// Whether a state that is not there yet can be made.
    private func stateFile() -> [Finding] {
        StateAccess.obstacle(loaded).map { [Finding("state", $0.status, $0.message)] } ?? []
    }

    /// Whether the program of a receiver is there; nothing is sent.
    private static func finding(of destination: Destination) -> Finding {
        guard let obstacle = destination.program?.obstacle else {
            return Finding("notifications", .done, "\(destination.name); `keyturn notify` tries it")
        }
        return Finding(
            "notifications", obstacle.code == EACCES ? .notAllowed : .configuration,
            "\(destination.name): \(obstacle.text)")
    }

    /// What the state's server may lose.
    private func safety() async throws -> [Finding] {
        guard let journal = try await state.openIfThere(), journal.isShared else { return [] }
        var finding = Finding("state", .done, "its server answers, and keeps what it confirms")
        do throws(JournalError) { finding.warning = try await journal.concern() } catch {
            throw OperationFailure(error)
        }
        return [finding]
    }

    /// Which seal key the state has, and what is to be done where there are several.
    private func seals() async throws -> [Finding] {
        guard let journal = try await state.openIfThere() else { return [] }
        let use: SealKeyUse
        do throws(JournalError) { use = try await journal.sealKeyUse() } catch { throw OperationFailure(error) }
        let (first, others) = (use.configured[0], use.configured.dropFirst())
        if use.isComplete || others.isEmpty {
            var finding = Finding("seal key", .done, "everything in the state is sealed with \(first)")
            if !others.isEmpty {
                finding.warning =
                    "the other \(others.count == 1 ? "key" : "keys") (\(others.joined(separator: ", "))) can be removed from `seal-key`"
            }
            return [finding]
        }
        let counts = use.users.sorted { $0.key < $1.key }.map { "\($0.value) with \($0.key)" }
        let unnamed = use.unnamed > 0 ? ["\(use.unnamed) by an earlier keyturn"] : []
        var finding = Finding("seal key", .done, "users are sealed \((counts + unnamed).joined(separator: ", "))")
        finding.warning =
            "`keyturn seal-key rotate` seals everything with \(first), once every machine has it; until then no key can be removed"
        return [finding]
    }

    /// What the state knows, and what the configuration leaves out.
    private func remarks(
        _ users: [ConfiguredUser], _ rotations: [String: Rotation], areAll: Bool
    ) -> [Finding] {
        let configured = Set(loaded.users.map(\.name))
        let now = SystemClock().now
        let gone = rotations.filter { !configured.contains($0.key) && !$0.value.knowsNothing }.keys.sorted()
        let left = (areAll ? gone : []).map { name in
            Finding(
                "user \(name)", .failed,
                "it left the configuration: its key is not rotated any more. Put it back, or `keyturn forget \(name) --reason REASON`"
            )
        }
        let unasked = users.filter { $0.policy.requiredQuiet == nil }.map(\.name)
        var last = Finding("last use", .done, "IAM is asked before the old key of a user is deactivated")
        if !unasked.isEmpty {
            last.detail =
                "IAM is not asked when the old key was last used (`quiet: 0s`, or an overlap shorter than 30m): "
                + listed(unasked)
        }
        return (users.isEmpty ? [] : [last]) + left
            + users.flatMap { user in
                rotations[user.name]?.recognizing(loaded.requirements(of: user), at: now)
                    .findings(of: user.name, at: now, policy: user.policy) ?? []
            }
    }

    private func summary(_ users: [ConfiguredUser]) -> String {
        let targets = users.reduce(0) { $0 + $1.targets.count }
        let counts = [(users.count, "user"), (targets, "target"), (loaded.pushers.count, "pusher")]
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        let found = users.filter { $0.origin != nil }.count
        let hint =
            users.isEmpty
            ? "; no user is managed yet: fill in `users`" : found > 0 ? "; \(found) users found by `discover`" : ""
        return "\(loaded.file) is fine: \(counts)\(hint)"
    }
}
