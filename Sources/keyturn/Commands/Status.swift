internal import ArgumentParser
internal import Operations

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the state of every user, key and target.",
        discussion: """
            Reads the state alone, without requests to AWS or the targets; the users of `discover` are those that the \
            last run found. With --online each target is asked which key \
            it really holds: current, next, previous or foreign (someone changed it by hand), where that can be read back. A key's role: \
            current (the targets hold it), next (made, not yet confirmed everywhere), previous (replaced), unknown. Leaked \
            keys and targets that are cut off come first, then what else needs attention; users with the same problem are shown \
            together. Of more than 12 targets those that are not confirmed are listed, of more than 5 users \
            without trouble each has one line; --verbose shows everything.
            """)

    @Flag(help: "Also ask each target which key it holds; nothing is written there.")
    var online = false

    @Flag(
        help:
            "End with another exit status than 0 where something needs a person: a problem, a leaked key that works, jobs that fail, drift, a target that left."
    )
    var exitCode = false

    @Flag(help: "Show it again every 2 seconds, until Ctrl-C.")
    var watch = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let terminal = Terminal(options)
        while watch, !Task.isCancelled {
            let result = try await inspect()
            terminal.write("\u{1B}[H\u{1B}[2J\(terminal.cut(text(result, terminal)))")
            try await Task.sleep(for: .seconds(Self.interval))
        }
        let result = try await inspect()
        if options.json { try JSONOutput.print(result.document) } else { terminal.write(text(result, terminal)) }
        try FinishedWith.check(exitCode ? result.attention : result.status)
    }

    /// Seconds between two looks with `--watch`.
    private static let interval = 2

    private func inspect() async throws -> StatusInspection.Result {
        var status = try await StatusInspection(OperationContext(options))
        return try await status.run(selection.users, online: online)
    }

    private func text(_ result: StatusInspection.Result, _ terminal: Terminal) -> String {
        let users = result.document.users
        let isVerbose = options.verbose || !selection.users.isEmpty && users.count == 1
        return (result.absence.map { terminal.wrapped($0, indent: 0) + "\n" } ?? "")
            + (users.isEmpty ? "\(result.file) has no users yet.\n" : "")
            + StatusOverview(
                users: users, workers: result.document.workers, terminal: terminal, isVerbose: isVerbose
            ).text
    }

    func validate() throws {
        guard watch else { return }
        if options.json || exitCode || online {
            throw ValidationError("--watch cannot be used with --json, --exit-code or --online")
        }
        guard Terminal(options).isLive else { throw ValidationError("--watch needs a terminal") }
    }
}
