internal import ArgumentParser
internal import Configuration
internal import Engine
internal import FoundationEssentials
internal import HTTP
internal import Journal
internal import Notifications
internal import PusherHost
internal import Rotation

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Reads the configuration, the plugins and the state's seal key; with --online also AWS and every target.",
        discussion: """
            Writes nothing anywhere. Offline, the users of `discover` are those that the last work found; online they are \
            looked for. Offline it fetches the secrets and starts each pusher. Online it asks STS who keyturn \
            is, IAM for each user and its keys, and each pusher whether a push to each target would work. A line \
            with `look` works as it is, and may not be what you mean.

            Exit status: 0 all is well; else that of the worst that was found, as `keyturn --help` lists them.
            """)

    @Flag(help: "Also ask AWS and every target; nothing is written there.")
    var online = false

    @Flag(help: "The exit status says what was found: the default.")
    var exitCode = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        var workspace = try Workspace(options)
        let log = EventLog(options)
        try await workspace.checkState()
        let http = try workspace.makeHTTP()
        let accounts = workspace.makeAccounts(http, log)
        var problems = workspace.problems.map { Finding("discover", .failed, $0) }
        if online, let report = try await workspace.discover(accounts, remembers: false) {
            problems = report.problems
            report.notes.forEach { log.tell($0) }
        }
        let users = try workspace.select(selection.users)
        let host = try workspace.makeHost(http, log, for: users)
        defer { http.stop() }
        let findings: [Finding]
        let destinations = try workspace.destinations()
        do {
            let started = try await workspace.start(host, log, for: users)
            let offline =
                [Finding("configuration", .done, summary(workspace, users))] + problems
                + destinations.map { Finding("notifications", .done, "\($0.name); `keyturn notify` tries it") }
                + started.map { pusher, confinement in
                    Finding("pusher \(pusher)", .done, "starts; shut in by \(confinement.joined(separator: ", "))")
                }
            let rotations = try await workspace.readJournal().records().mapValues(\.rotation)
            let known = remarks(workspace, users, rotations)
            let check = OnlineCheck(workspace: workspace, host: host, accounts: accounts, rotations: rotations)
            findings = offline + known + (online ? await check.run(users) : [])
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
        try Self.tell(findings, options)
    }

    /// What the state knows, and what the configuration leaves out.
    private func remarks(
        _ workspace: Workspace, _ users: [ConfiguredUser], _ rotations: [String: Rotation]
    ) -> [Finding] {
        let configured = Set(workspace.users.map(\.name))
        let left = rotations.keys.filter { !configured.contains($0) && selection.users.isEmpty }.sorted().map { name in
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
                + unasked.prefix(5).joined(separator: ", ")
                + (unasked.count > 5 ? " and \(unasked.count - 5) more" : "")
        }
        return (users.isEmpty ? [] : [last]) + left
            + users.flatMap { user in rotations[user.name].map { Attention.findings(user.name, $0) } ?? [] }
    }

    private func summary(_ workspace: Workspace, _ users: [ConfiguredUser]) -> String {
        let targets = users.reduce(0) { $0 + $1.targets.count }
        let counts = [(users.count, "user"), (targets, "target"), (workspace.pushers.count, "pusher")]
            .map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        let found = users.filter { $0.origin != nil }.count
        let hint =
            users.isEmpty
            ? "; no user is managed yet: fill in `users`" : found > 0 ? "; \(found) users found by `discover`" : ""
        return "\(workspace.configuration.file) is fine: \(counts)\(hint)"
    }

    /// Prints what was found, and throws the exit status unless all is well.
    static func tell(_ findings: [Finding], _ options: GlobalOptions) throws {
        if options.json {
            try JSONOutput.print(["checks": findings])
        } else {
            let terminal = Terminal(options)
            for finding in findings where !options.quiet || finding.status != .done {
                let mark = finding.status == .done ? terminal.styled("ok    ", .green) : terminal.styled("FAILED", .red)
                terminal.write("\(mark)  \(terminal.wrapped("\(finding.subject): \(finding.detail)", indent: 8))\n")
                if let warning = finding.warning {
                    let text = terminal.wrapped("\(finding.subject): \(warning)", indent: 8)
                    terminal.write("\(terminal.styled("look  ", .yellow))  \(text)\n")
                }
            }
        }
        let status = findings.map(\.status).reduce(ExitStatus.done) { (worst: ExitStatus, next) in worst.worse(next) }
        if status != .done { throw FinishedWith(status: status) }
    }
}

/// One thing that was looked at.
struct Finding: Encodable, Sendable {
    var subject: String
    var status: ExitStatus
    var detail: String
    /// What is worth a look, though it may be as it should.
    var warning: String?

    init(_ subject: String, _ status: ExitStatus, _ detail: String) {
        self.subject = subject
        self.status = status
        self.detail = detail
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(subject, forKey: .subject)
        try container.encode(status == .done, forKey: .ok)
        try container.encode(detail, forKey: .detail)
        try container.encode(warning, forKey: .warning)
    }

    enum CodingKeys: CodingKey { case subject, ok, detail, warning }
}
