internal import ArgumentParser
internal import Journal

struct HistoryVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Finds lines of the history that were changed, inserted, reordered or removed.",
        discussion: """
            Each user has a history of its own. Each line carries the SHA-256 over the hash of the line before it and its own \
            text; the end is part of the user's record, which is authenticated with a key that is derived from the seal key. \
            The last thing printed is the head over all users: the time of the last line, and a hash over where every user's \
            history ends. Keep it where those who can write the state cannot: --head shows later that everything up to that \
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
        if let head, HistoryVerdict.Mark(head) == nil {
            throw ValidationError(
                "--head must be what `keyturn history verify` printed: MILLISECONDS:HASH, with the 64 digits of the hash"
            )
        }
    }

    func run() async throws {
        let workspace = try Workspace(options)
        let journal = try await workspace.readJournal(withSealKey: !withoutSealKey)
        let verdict: HistoryVerdict
        do throws(JournalError) {
            verdict = try await journal.verifyHistory(holding: head.flatMap { HistoryVerdict.Mark($0) })
        } catch { throw CommandFailure(error) }
        if options.json { try JSONOutput.print(VerdictDocument(verdict)) } else { tell(verdict) }
        if !verdict.faults.isEmpty { throw FinishedWith(status: .failed) }
    }

    private func tell(_ verdict: HistoryVerdict) {
        let terminal = Terminal(options)
        for fault in verdict.faults {
            terminal.write(
                "\(terminal.styled("FAILED", .red))  \(Self.place(fault))\(fault.text)\n")
        }
        if verdict.moreFaults > 0 { terminal.write("and \(verdict.moreFaults) more\n") }
        if verdict.faults.isEmpty {
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
    private static func place(_ fault: HistoryVerdict.Fault) -> String {
        let parts = [fault.user, fault.line.map { "line \($0)" }].compactMap { $0 }
        return parts.isEmpty ? "" : parts.joined(separator: ", ") + ": "
    }
}

/// `history verify --json`.
struct VerdictDocument: Encodable {
    struct Fault: Encodable {
        var user: String?
        var line: Int64?
        var text: String
    }

    var ok: Bool
    var lines: Int
    var head: String?
    var prunedLines: Int64
    var isEndChecked: Bool
    var faults: [Fault]
    var moreFaults: Int

    init(_ verdict: HistoryVerdict) {
        ok = verdict.faults.isEmpty
        lines = verdict.lines
        head = verdict.head?.description
        prunedLines = verdict.prunedLines
        isEndChecked = verdict.isEndChecked
        faults = verdict.faults.map { Fault(user: $0.user, line: $0.line, text: $0.text) }
        moreFaults = verdict.moreFaults
    }

    enum CodingKeys: String, CodingKey {
        case ok, lines, head, faults
        case prunedLines = "pruned-lines"
        case isEndChecked = "is-end-checked"
        case moreFaults = "more-faults"
    }
}
