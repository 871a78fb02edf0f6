internal import GRDB
internal import Rotation

/// The lines of history and the end of their chain. To be used inside a transaction of the journal's queue only.
final class HistoryTable {
    private let statements: Statements
    private let seal: Seal?
    private let author: String
    /// The end that this connection wrote last, and what the connection had seen of others' writes by then.
    private var written: (head: ChainHead, outsideWrites: Int64)?

    init(_ statements: Statements, seal: Seal?, author: Author) {
        self.statements = statements
        self.seal = seal
        self.author = author.text
    }

    /// Lines to be added, of one user and moment.
    struct Addition {
        /// Empty for what is about the state itself.
        var user = ""
        var rotation = 0
        var at: Timestamp
        var notes: [Note]
    }

    /// Begins the chain of a state without history.
    func begin(_ database: Database) throws { try store(ChainHead(beginning: HistoryChain.makeBeginning()), database) }

    /// Adds lines at the end.
    ///
    /// What was done to the end from outside meanwhile is written down as a line of its own: work goes on, for pipelines
    /// need their keys, and ``verify(_:)`` finds that line for as long as it is kept.
    func append(_ addition: Addition, _ database: Database) throws {
        guard !addition.notes.isEmpty else { return }
        var (head, finding) = try end(database)
        if let finding {
            let line = Addition(at: addition.at, notes: [Note(.historyBroken, detail: finding)])
            try append(line, after: &head, database)
        }
        try append(addition, after: &head, database)
        try store(head, database)
    }

    private func append(_ addition: Addition, after head: inout ChainHead, _ database: Database) throws {
        for note in addition.notes {
            head.line += 1
            let content = Rows.values(addition, note, line: head.line, author)
            head.hash = HistoryChain.hash(after: head.hash, content)
            try statements(.writeHistory, database).run(content + [.bytes(head.hash)])
        }
    }

    /// Chains the lines of a table of layout 1, oldest first, as they are.
    ///
    /// - Returns: how many.
    func adopt(_ table: String, _ database: Database) throws -> Int64 {
        guard var head = try stored(database).end?.head else { return 0 }
        let columns = Rows.firstHistoryColumns.joined(separator: ", ")
        let statement = try PreparedStatement("SELECT \(columns) FROM \(table) ORDER BY id", database)
        try statement.run { row in
            head.line += 1
            let unknown = [Cell](repeating: .null, count: Rows.lineHash - Rows.firstHistoryColumns.count)
            let content =
                [.number(head.line)] + Rows.content(row, upTo: Rows.firstHistoryColumns.count).dropFirst() + unknown
            head.hash = HistoryChain.hash(after: head.hash, content)
            try statements(.writeHistory, database).run(content + [.bytes(head.hash)])
        }
        try store(head, database)
        return head.line
    }

    private func store(_ head: ChainHead, _ database: Database) throws {
        let code = seal?.authenticate(head.bytes) ?? []
        let cells: [Cell] = [
            .number(head.line), .bytes(head.hash), .number(head.prunedLine), .bytes(head.prunedHash), .bytes(code),
        ]
        try statements(.writeChain, database).run(cells)
        if database.changesCount == 0 { try statements(.beginChain, database).run(cells) }
        written = (head, try outsideWrites(database))
    }

    /// What was written is not there after all.
    func forget() { written = nil }

    private func outsideWrites(_ database: Database) throws -> Int64 {
        var count: Int64 = 0
        try statements(.outsideWrites, database).run { row in count = row.number(0) ?? 0 }
        return count
    }

    /// The end of the chain as the state has it, with the code that authenticates it, and the last line that is there.
    private func stored(_ database: Database) throws -> (end: (head: ChainHead, code: [UInt8])?, last: Int64) {
        var found: (end: (head: ChainHead, code: [UInt8])?, last: Int64) = (nil, 0)
        try statements(.chain, database).run { row in
            found.last = row.number(5) ?? 0
            guard let line = row.number(0) else { return }
            let head = ChainHead(
                line: line, hash: row.bytes(1) ?? [], prunedLine: row.number(2) ?? 0, prunedHash: row.bytes(3) ?? [])
            found.end = (head, row.bytes(4) ?? [])
        }
        return found
    }

    /// Where the next line goes, and what was done to the end since keyturn wrote it; nil: nothing.
    private func end(_ database: Database) throws -> (head: ChainHead, finding: String?) {
        if let written, try written.outsideWrites == outsideWrites(database) { return (written.head, nil) }
        let (stored, last) = try stored(database)
        guard let (known, code) = stored else {
            var head = ChainHead(beginning: HistoryChain.makeBeginning())
            head.line = last
            return (head, "the end of the chain was removed, after line \(last)")
        }
        var head = known
        let finding = self.finding(head, code, last)
        // A number is never given twice, whoever wrote it.
        head.line = max(head.line, last)
        return (head, finding)
    }

    private func finding(_ head: ChainHead, _ code: [UInt8], _ last: Int64) -> String? {
        if let seal, !seal.accepts(code, for: head.bytes) {
            return "the end of the chain, line \(head.line), was not written with this seal key"
        }
        // Lines that were pruned are no longer there, and all may be.
        if last < head.line, head.line > head.prunedLine {
            return "lines \(max(last, head.prunedLine) + 1) to \(head.line) were removed"
        }
        if last > head.line { return "lines \(head.line + 1) to \(last) were not written by keyturn" }
        return nil
    }

    /// Follows the chain from its beginning to its end.
    ///
    /// - Parameter mark: a line that was noted earlier, which must be part of it.
    func verify(_ mark: HistoryVerdict.Mark?, _ database: Database) throws -> HistoryVerdict {
        let stored = try stored(database).end
        var walk = ChainWalk(stored?.head, looksFor: mark)
        try statements(.allHistory, database).run { row in
            walk.take(Rows.content(row), row.bytes(Rows.lineHash) ?? [])
        }
        walk.verdict.isEndChecked = seal != nil
        if let (head, code) = stored, let seal, !seal.accepts(code, for: head.bytes) {
            walk.verdict.add(
                nil,
                "the end of the chain, line \(head.line), was not written with this seal key: lines may be missing after it"
            )
        }
        walk.end()
        return walk.verdict
    }

    /// Takes the oldest lines away, and leaves a line that says so.
    ///
    /// - Parameters:
    ///   - moment: lines from then on are kept, and every line after one of those.
    ///   - limit: no more lines than that.
    /// - Returns: how many went. 0 too where the chain does not hold: nothing that is evidence goes.
    func prune(before moment: Timestamp, limit: Int, at now: Timestamp, _ database: Database) throws -> Int {
        var (head, finding) = try end(database)
        guard finding == nil else { return 0 }
        var (count, holds) = (0, true)
        var (line, hash) = (head.prunedLine, head.prunedHash)
        try statements(.oldestHistory, database).run([Cell(limit)]) { row in
            guard holds, let number = row.number(0), Rows.lineMoment(row) < moment else { return holds = false }
            hash = HistoryChain.hash(after: hash, Rows.content(row))
            guard number == line + 1, hash == row.bytes(Rows.lineHash) else { return holds = false }
            (line, count) = (number, count + 1)
            (head.prunedLine, head.prunedHash) = (line, hash)
        }
        guard count > 0 else { return 0 }
        let note = Note(.historyPruned, detail: Self.checkpoint(head))
        try append(Addition(at: now, notes: [note]), after: &head, database)
        // Before the lines go: the trigger lets only those go that are said to.
        try store(head, database)
        try statements(.pruneHistory, database).run([.number(line)])
        return count
    }

    static func checkpoint(_ head: ChainHead) -> String {
        "every line up to \(head.prunedLine), which had the hash \(HistoryChain.hexadecimal(head.prunedHash))"
    }
}
