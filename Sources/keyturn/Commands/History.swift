internal import ArgumentParser
internal import Journal
internal import Rotation

struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what was done, when, with which evidence.")

    @Option(help: "The newest so many lines.")
    var limit = 1_000

    @OptionGroup var options: GlobalOptions
    @Option(name: .customLong("user"), help: ArgumentHelp("Only this user's.", valueName: "user"))
    var user: String?

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        let workspace = try Workspace(options)
        let lines = try workspace.readJournal().history(of: user, limit: limit)
        if options.json { return try JSONOutput.print(Document(history: lines.map(Document.Line.init))) }
        let terminal = Terminal(options)
        if lines.isEmpty { terminal.write("Nothing was done yet.\n") }
        for line in lines {
            terminal.write(
                "\(Moment.text(line.at))  \(line.user)  \(Narration(at: line.at, number: line.rotation).text(line.note))\n"
            )
        }
    }

    private struct Document: Encodable {
        struct Line: Encodable {
            var id: Int64
            var at: String
            var user: String
            var rotation: Int
            var event: String
            var key: String?
            var target: String?
            var evidence: String?
            var detail: String?

            init(_ line: HistoryLine) {
                id = line.id
                at = Moment.text(line.at)
                user = line.user
                rotation = line.rotation
                event = line.note.kind.rawValue
                key = line.note.key?.rawValue
                target = line.note.target?.rawValue
                evidence = line.note.evidence?.rawValue
                detail = line.note.detail
            }
        }

        var history: [Line]
    }
}
