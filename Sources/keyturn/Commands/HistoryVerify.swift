internal import ArgumentParser
internal import Journal

struct HistoryVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Finds lines of the history that were changed, inserted, reordered or removed.",
        discussion: """
            Each line carries the SHA-256 over the hash of the line before it and its own content; the end is authenticated \
            with a key that is derived from the seal key. It ends with the head: the last line's number and hash. Keep it \
            where those who can write the state cannot: --head shows later that everything up to that line is still the \
            same, also after somebody with the seal key, or with an older copy of the state, was at it.

            Exit status: 0 nothing was found; 1 something was.
            """)

    @Option(
        help: ArgumentHelp(
            "A head that was printed earlier: it must still be part of the history.", valueName: "number:hash"))
    var head: String?

    @Flag(
        name: .customLong("without-seal-key"),
        help: "For a copy without the seal key. Whether lines were removed or added at the end is not known then.")
    var withoutSealKey = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let head, HistoryVerdict.Mark(head) == nil {
            throw ValidationError(
                "--head must be what `keyturn history verify` printed: NUMBER:HASH, or the 64 digits of the hash")
        }
    }

    func run() throws {
        let workspace = try Workspace(options)
        let journal = try workspace.readJournal(withSealKey: !withoutSealKey)
        guard let verdict = try journal.verifyHistory(holding: head.flatMap { HistoryVerdict.Mark($0) }) else {
            throw CommandFailure(
                .failed,
                "the state has an older layout, in which nothing shows whether a line was changed; the next rotation, or `keyturn step` when something is due, brings it to this one's"
            )
        }
        if options.json { try JSONOutput.print(VerdictDocument(verdict)) } else { tell(verdict) }
        if !verdict.faults.isEmpty { throw FinishedWith(status: .failed) }
    }

    private func tell(_ verdict: HistoryVerdict) {
        let terminal = Terminal(options)
        for fault in verdict.faults {
            terminal.write(
                "\(terminal.styled("FAILED", .red))  \(fault.line.map { "line \($0): " } ?? "")\(fault.text)\n")
        }
        if verdict.moreFaults > 0 { terminal.write("and \(verdict.moreFaults) more\n") }
        if verdict.faults.isEmpty {
            let pruned = verdict.pruned?.line.map { "; the lines up to \($0) were pruned" } ?? ""
            let end =
                verdict.isEndChecked ? "" : "; whether lines are missing at the end is not known without the seal key"
            terminal.write(
                "\(terminal.styled("ok    ", .green))  \(verdict.lines) lines are as they were written\(pruned)\(end)\n"
            )
        }
        if let head = verdict.head { terminal.write("head: \(head)\n") }
    }
}

/// `history verify --json`.
struct VerdictDocument: Encodable {
    struct Fault: Encodable {
        var line: Int64?
        var text: String
    }

    var ok: Bool
    var lines: Int
    var head: String?
    var prunedTo: Int64?
    var isEndChecked: Bool
    var faults: [Fault]
    var moreFaults: Int

    init(_ verdict: HistoryVerdict) {
        ok = verdict.faults.isEmpty
        lines = verdict.lines
        head = verdict.head?.description
        prunedTo = verdict.pruned?.line
        isEndChecked = verdict.isEndChecked
        faults = verdict.faults.map { Fault(line: $0.line, text: $0.text) }
        moreFaults = verdict.moreFaults
    }

    enum CodingKeys: String, CodingKey {
        case ok, lines, head, faults
        case prunedTo = "pruned-to"
        case isEndChecked = "is-end-checked"
        case moreFaults = "more-faults"
    }
}
