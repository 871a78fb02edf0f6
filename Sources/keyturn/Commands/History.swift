internal import ArgumentParser
internal import Engine
internal import Journal
internal import Rotation

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what was done, by whom, when, with which evidence.",
        discussion: """
            Oldest first. Times are moments such as 2026-11-22T10:00:00Z, days such as 2026-11-22 (they begin at midnight, \
            UTC), or durations such as 7d, counted back from now. --json tells of each line who wrote it (`by`): the \
            command, the machine, the user of the process, and who had logged in where that is somebody else. \
            `keyturn history verify` finds lines that were changed, inserted, reordered or removed.
            """,
        subcommands: [HistoryVerify.self])

    @Option(help: "The newest so many lines.")
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
    @Option(
        name: .customLong("user"), help: ArgumentHelp("Only this user's.", valueName: "user"),
        completion: Suggestions.users)
    var user: String?

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
        for (name, text) in [("since", since), ("until", until)] {
            guard let text, Moment.boundary(text, now: SystemClock().now) == nil else { continue }
            throw ValidationError(
                "--\(name) must be a moment such as 2026-11-22T10:00:00Z, a day such as 2026-11-22, or a duration such as 7d"
            )
        }
    }

    func run() async throws {
        let workspace = try Workspace(options)
        let now = SystemClock().now
        // One more, to know whether there are more.
        var filter = HistoryFilter(limit: limit == .max ? limit : limit + 1)
        filter.user = user
        filter.target = target.map { TargetName($0) }
        filter.key = key.map { AccessKeyID($0) }
        filter.since = since.flatMap { Moment.boundary($0, now: now) }
        filter.until = until.flatMap { Moment.boundary($0, now: now) }
        let found = try await workspace.readJournal().history(filter)
        let lines = Array(found.suffix(limit))
        if options.json {
            return try JSONOutput.print(
                HistoryDocument(history: lines.map(HistoryDocument.Line.init), hasOlder: found.count > limit))
        }
        tell(lines, Terminal(options))
    }

    private func tell(_ lines: [HistoryLine], _ terminal: Terminal) {
        if lines.isEmpty {
            terminal.write(
                [user, target, key, since, until].allSatisfy { $0 == nil }
                    ? "Nothing was done yet.\n" : "The history has no such line.\n")
        }
        for line in lines {
            let who = options.verbose ? terminal.styled("  [\(Self.text(line.author))]", .dim) : ""
            let text = "\(line.user)  " + Narration(at: line.at, number: line.rotation).text(line.note) + who
            terminal.write("\(Moment.text(line.at))  \(terminal.wrapped(text, indent: 22))\n")
        }
    }

    private static func text(_ author: Author) -> String {
        let login = author.login.map { ", logged in as \($0)" } ?? ""
        return "\(author.name ?? "uid \(author.uid)")\(login): keyturn \(author.command) on \(author.host)"
    }
}

/// `history --json`.
struct HistoryDocument: Encodable {
    struct Author: Encodable {
        var command: String
        var host: String
        var uid: Int64
        var name: String?
        var login: String?
    }

    struct Line: Encodable {
        /// Counts up for each user.
        var id: Int64
        var at: String
        var user: String
        var rotation: Int
        var event: String
        var key: String?
        var target: String?
        var evidence: String?
        var detail: String?
        var by: Author
        var hash: String

        init(_ line: HistoryLine) {
            id = line.number
            at = Moment.text(line.at)
            user = line.user
            rotation = line.rotation
            event = line.note.kind.rawValue
            key = line.note.key?.rawValue
            target = line.note.target?.rawValue
            evidence = line.note.evidence?.rawValue
            detail = line.note.detail
            let author = line.author
            by = Author(
                command: author.command, host: author.host, uid: author.uid, name: author.name, login: author.login)
            hash = line.hash
        }
    }

    var history: [Line]
    var hasOlder: Bool

    enum CodingKeys: String, CodingKey {
        case history
        case hasOlder = "has-older"
    }
}
