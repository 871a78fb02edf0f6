internal import ArgumentParser
internal import Operations

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
        var status = try await StatusInspection(OperationContext(options))
        let result = try await status.run(selection.users, online: online)
        if options.json {
            try JSONOutput.print(result.document)
        } else {
            let (terminal, users) = (Terminal(options), result.document.users)
            if users.isEmpty { terminal.write("\(result.file) has no users yet.\n") }
            terminal.write(
                StatusOverview(
                    users: users, workers: result.document.workers, terminal: terminal, isVerbose: options.verbose
                ).text)
        }
        try FinishedWith.check(exitCode ? result.attention : result.status)
    }
}
