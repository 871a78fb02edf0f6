internal import ArgumentParser
internal import JSON
internal import Operations

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what was done, by whom, when, with which evidence.",
        discussion: """
            Oldest first. Times are moments such as 2026-11-22T10:00:00Z, days such as 2026-11-22 (they begin at midnight, \
            UTC), or durations such as 7d, counted back from now. A line about an order names who gave it, and on which \
            machine. --verbose shows with each line who wrote it, --json has it in `by`: the command, the machine, the user of the process, and who had logged in where that is someone else. \
            `keyturn history verify` finds lines that were changed, inserted, reordered or removed.
            """,
        subcommands: [HistoryVerify.self])

    @Option(help: "Only the newest N lines.")
    var limit = 1_000
    @Option(help: ArgumentHelp("Only lines from then on.", valueName: "time"))
    var since: String?
    @Option(help: ArgumentHelp("Only lines before then.", valueName: "time"))
    var until: String?
    @Option(
        help: ArgumentHelp("Only lines about this target, such as travis:acme/app.", valueName: "target"),
        completion: Suggestions.targets)
    var target: String?
    @Option(help: ArgumentHelp("Only lines about this access key.", valueName: "key-id"))
    var key: String?

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: OptionalUser

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
        for (name, text) in [("since", since), ("until", until)] {
            guard let text, Moment.boundary(text, now: Moment.now) == nil else { continue }
            throw ValidationError(
                "--\(name) must be a moment such as 2026-11-22T10:00:00Z, a day such as 2026-11-22, or a duration such as 7d"
            )
        }
    }

    func run() async throws {
        let now = Moment.now
        var query = HistoryQuery(limit: limit)
        (query.user, query.target, query.key) = (selection.user, target, key)
        query.since = since.flatMap { Moment.boundary($0, now: now) }
        query.until = until.flatMap { Moment.boundary($0, now: now) }
        let document: HistoryDocument
        do { document = try await HistoryDocument(OperationContext(options), query) } catch var failure
            as OperationFailure
        {
            // `keyturn history verfy` is not a user.
            let commands = Self.configuration.subcommands.map { $0._commandName }
            if let near = selection.named.flatMap({ Spelling.nearest(to: $0, among: commands) }) {
                failure.message += "; the command is `keyturn history \(near)`"
            }
            throw failure
        }
        if options.json { try JSONOutput.print(document) } else { print(document, isAll: query.isForAll) }
    }

    private func print(_ document: HistoryDocument, isAll: Bool) {
        let terminal = Terminal(options)
        let lines = document.history
        if lines.isEmpty {
            let words = document.absence ?? (isAll ? "Nothing was done yet." : "The history has no such line.")
            terminal.write(terminal.wrapped(words, indent: 0) + "\n")
        }
        for line in lines {
            let who = options.verbose ? terminal.styled("  [\(Self.text(line.by))]", .dim) : ""
            terminal.write("\(line.at)  \(terminal.wrapped("\(line.user)  \(line.sentence)\(who)", indent: 22))\n")
        }
    }

    private static func text(_ author: HistoryDocument.Author) -> String {
        let login = author.login.map { ", logged in as \($0)" } ?? ""
        return "\(author.name ?? "uid \(author.uid)")\(login): keyturn \(author.command) on \(author.host)"
    }
}
