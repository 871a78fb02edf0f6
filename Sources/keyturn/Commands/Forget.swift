internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that a target or a user that left the configuration no longer matters.",
        discussion: """
            A target that is taken out of keyturn.yaml still holds the key that was delivered there. Until it is forgotten, no \
            rotation of its user begins, and one that is in progress does not touch the old key. Forget it once nothing there \
            needs the key: the next rotation leaves it with a dead one. A user that is taken out keeps its keys as they are; \
            forgetting it removes what keyturn knows of it, and changes nothing in AWS. The reason is recorded. \
            `forget: [{ target, reason }]` in keyturn.yaml does the same for targets.
            """)

    @Argument(help: "The target's name, as `keyturn status` shows it, or the user's.")
    var name: String

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserOption

    func run() async throws {
        let workspace = try Workspace(options)
        let records = try await workspace.readJournal().records()
        if !name.contains(":"), records[name] != nil { return try await forgetUser(workspace) }
        let users = try workspace.users(of: name, selection.users, records.mapValues(\.rotation))
        try await RotationRun(workspace).work(
            on: users, requests: [.forget(TargetName(name), reason: reason)], isLive: false)
    }

    private func forgetUser(_ workspace: Workspace) async throws {
        guard !workspace.users.contains(where: { $0.name == name }) else {
            throw CommandFailure(
                .failed,
                "\(name) is in the configuration; `forget` is for a user that has left it. Nothing was changed.")
        }
        let log = EventLog(options)
        let now = SystemClock().now
        let journal = try await workspace.openJournal()
        do throws(JournalError) {
            try await journal.forget(
                name, reason: reason, lease: Lease(owner: .current, until: now + .seconds(60)), at: now)
        } catch { throw CommandFailure(error) }
        log.tell("\(name): forgot this user: \(reason)")
        if options.json { try JSONOutput.print(["forgotten": name]) }
    }
}
