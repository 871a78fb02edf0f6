internal import ArgumentParser
internal import Configuration
internal import Engine
internal import HTTP
internal import Journal
internal import PusherHost
internal import Rotation

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows where every user, key and target stands.",
        discussion: """
            Read from the state alone; nothing is asked of AWS or the targets, and the users of `discover` are those that the \
            last work found. With --online each target is asked which key \
            it really holds: current, next, previous, foreign (somebody changed it by hand), or not readable. A key's role: \
            current (the targets hold it), next (made, not yet confirmed everywhere), previous (replaced), unknown. What \
            needs attention comes first. Of more than 12 targets those that are not confirmed are listed, of more than 5 users \
            without trouble each has one line; --verbose shows everything.
            """)

    @Flag(help: "Also ask each target which key it holds; nothing is written there.")
    var online = false

    @Flag(
        help:
            "End with another exit status than 0 where something needs a person: a problem, drift, a target that left.")
    var exitCode = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        var workspace = try Workspace(options)
        let status = online ? try await workspace.discover(EventLog(options), remembers: false) : .done
        let now = SystemClock().now
        let records = try await workspace.readJournal().records()
        let selected = try workspace.select(selection.users)
        var users = selected.map { user in
            StatusDocument.User(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
        }
        if online {
            let looks = try await look(workspace, selected, records.mapValues(\.rotation))
            for index in users.indices { users[index].add(looks[users[index].user] ?? [:]) }
        }
        try tell(users, workspace)
        let standing = selected.map { Attention.status(of: records[$0.name]?.rotation) } + users.map(\.onlineStatus)
        let worst = exitCode ? standing.reduce(status) { $0.worse($1) } : status
        if worst != .done { throw FinishedWith(status: worst) }
    }

    private func tell(_ users: [StatusDocument.User], _ workspace: Workspace) throws {
        if options.json { return try JSONOutput.print(StatusDocument(users: users)) }
        let terminal = Terminal(options)
        if users.isEmpty { terminal.write("\(workspace.configuration.file) has no users yet.\n") }
        terminal.write(StatusOverview(users: users, terminal: terminal, isVerbose: options.verbose).text)
    }

    /// Asks every target of every user at once.
    private func look(
        _ workspace: Workspace, _ users: [ConfiguredUser], _ rotations: [String: Rotation]
    ) async throws -> [String: [String: StatusDocument.Holding]] {
        let log = EventLog(options)
        let http = try workspace.makeHTTP()
        defer { http.stop() }
        let host = try workspace.makeHost(http, log, for: users)
        do { try await workspace.start(host, log, for: users) } catch {
            await host.stop()
            throw error
        }
        let found = await withTaskGroup(of: (String, String, StatusDocument.Holding).self) { group in
            for user in users {
                guard let rotation = rotations[user.name] else { continue }
                for target in user.targets {
                    let place = PusherTarget(target)
                    group.addTask {
                        let report = await host.call(.inspect, place, timeout: user.policy.pushTimeout)
                        let look = TargetLook(report, rotation)
                        let drift = look.drift(of: target.name, user.name, rotation, at: SystemClock().now)
                        return (user.name, target.name.rawValue, StatusDocument.Holding(look, drift: drift))
                    }
                }
            }
            var found: [String: [String: StatusDocument.Holding]] = [:]
            for await (user, target, holding) in group { found[user, default: [:]][target] = holding }
            return found
        }
        await host.stop()
        return found
    }
}

extension StatusDocument.User {
    /// What the targets that were asked just now lead to.
    fileprivate var onlineStatus: ExitStatus { deliveries.contains { $0.holds?.drift != nil } ? .failed : .done }

    fileprivate mutating func add(_ holdings: [String: StatusDocument.Holding]) {
        for index in deliveries.indices { deliveries[index].holds = holdings[deliveries[index].target] }
    }
}
