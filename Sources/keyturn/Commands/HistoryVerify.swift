internal import ArgumentParser
internal import Operations

/// `history` where one of its commands is named: the parser would take that name for the user that ``History`` may be given.
struct HistoryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: History._commandName, abstract: History.configuration.abstract,
        subcommands: History.configuration.subcommands)

    @OptionGroup var options: GlobalOptions

    static func isMeant(by arguments: ArraySlice<String>) -> Bool {
        guard arguments.first == History._commandName else { return false }
        let names = configuration.subcommands.map { $0._commandName }
        // What follows an option may be its value.
        return zip(arguments, arguments.dropFirst()).contains { before, word in
            names.contains(word)
                && (!before.hasPrefix("-") || ["--json", "-j", "--quiet", "-q", "--verbose", "-v"].contains(before))
        }
    }
}

struct HistoryVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find lines of the history that were changed, inserted, reordered or removed.",
        discussion: """
            Each user has a history of its own. Each line carries the SHA-256 over the hash of the line before it and its own \
            text; the end is part of the user's record, which is authenticated with a key that is derived from the seal key. \
            The last thing printed is the head over all users: the time of the last line, and a hash over the ends of all \
            histories. Keep it where those who can write the state cannot write: --head shows later that everything up to that \
            time is still the same, also after someone with the seal key, or with an older copy of the state, changed it.

            Exit status: 0 nothing was found; 1 something was.
            """)

    @Option(
        help: ArgumentHelp(
            "A head that was printed earlier: it must still be part of the history.", valueName: "milliseconds:hash"))
    var head: String?

    @Flag(
        name: .customLong("without-seal-key"),
        help: "For a copy without the seal key. Whether lines were removed or added at the end is not known then.")
    var withoutSealKey = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let head, !VerdictDocument.isHead(head) {
            throw ValidationError(
                "--head must be what `keyturn history verify` printed: MILLISECONDS:HASH, with the 64 digits of the hash"
            )
        }
    }

    func run() async throws {
        let verdict = try await VerdictDocument(
            OperationContext(options), head: head, withSealKey: !withoutSealKey)
        if options.json { try JSONOutput.print(verdict) } else { print(verdict) }
        try FinishedWith.check(verdict.ok ? .done : .failed)
    }

    private func print(_ verdict: VerdictDocument) {
        let terminal = Terminal(options)
        for fault in verdict.faults {
            terminal.write("\(terminal.styled("FAILED", .red))  \(Self.place(fault))\(fault.text)\n")
        }
        if verdict.moreFaults > 0 { terminal.write("and \(verdict.moreFaults) more\n") }
        if verdict.ok {
            let pruned = verdict.prunedLines > 0 ? "; \(verdict.prunedLines) older ones were pruned" : ""
            let end =
                verdict.isEndChecked ? "" : "; whether lines are missing at the end is not known without the seal key"
            terminal.write(
                "\(terminal.styled("ok    ", .green))  \(verdict.lines) lines are as they were written\(pruned)\(end)\n"
            )
        }
        if let head = verdict.head { terminal.write("head: \(head)\n") }
    }

    /// `bot, line 4: `
    private static func place(_ fault: VerdictDocument.Fault) -> String {
        let parts = [fault.user, fault.line.map { "line \($0)" }].compactMap { $0 }
        return parts.isEmpty ? "" : parts.joined(separator: ", ") + ": "
    }
}
