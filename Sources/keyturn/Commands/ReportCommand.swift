internal import ArgumentParser
internal import Operations

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report for auditors how old keys became, what was skipped and what leaked.",
        discussion: """
            For each user: rotations, the oldest key, the age of the key at each target, targets that were left out and why, \
            leaked keys and how long they lived. The history is verified first, and its head printed: note it where those who \
            can write the state cannot. Times are moments such as 2026-11-22T10:00:00Z, days such as 2026-11-22 (they begin at \
            midnight, UTC), or durations such as 90d, counted back from now. Changes nothing.

            Exit status: 0 the report was made; with --max-age: 1 a key was older than that in the period, or the history is \
            not as it was written.
            """)

    /// How the report is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, csv, markdown
    }

    @Argument(
        help: "Users of the configuration. Default: all, also those that have left it.", completion: Suggestions.users)
    var users: [String] = []

    @Option(help: ArgumentHelp("The beginning of the period. Default: that of the history.", valueName: "time"))
    var since: String?

    @Option(
        help: ArgumentHelp(
            "Fail where a key was older than this while it was Active, such as 90d.", valueName: "duration"))
    var maxAge: String?

    @Option(help: "How to print it.")
    var format = Format.text

    @Flag(help: "Ask IAM for keys that keyturn does not rotate (iam:ListUsers, iam:ListAccessKeys).")
    var online = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let since, Moment.boundary(since, now: Moment.now) == nil {
            throw ValidationError(
                "--since must be a moment such as 2026-11-22T10:00:00Z, a day such as 2026-11-22, or a duration such as 90d"
            )
        }
        if let maxAge, Moment.duration(maxAge) == nil {
            throw ValidationError("--max-age must be a duration such as 90d or 36h")
        }
        if options.json, format != .text { throw ValidationError("--json and --format cannot go together") }
    }

    func run() async throws {
        let now = Moment.now
        let document = try await Report(OperationContext(options)).run(
            users, since: since.flatMap { Moment.boundary($0, now: now) },
            maxAge: maxAge.flatMap { Moment.duration($0) },
            asksIAM: online)
        if options.json {
            try JSONOutput.print(document)
        } else {
            switch format {
            case .text:
                let terminal = Terminal(options)
                terminal.write(ReportText(document: document, terminal: terminal).text)
            case .csv: StandardStream.output.write(ReportTable(document).csv)
            case .markdown: StandardStream.output.write(ReportTable(document).markdown)
            }
        }
        try FinishedWith.check(maxAge != nil && !document.failures.isEmpty ? .failed : .done)
    }
}
