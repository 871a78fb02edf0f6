internal import Rotation

/// Follows the chain line by line, and notes what does not hold.
struct ChainWalk {
    private let head: ChainHead?
    private let sought: HistoryVerdict.Mark?
    private var expected: Int64
    private var hash: [UInt8]
    private var isFound = false
    private var lastCheckpoint: String?
    var verdict = HistoryVerdict()

    init(_ head: ChainHead?, looksFor sought: HistoryVerdict.Mark?) {
        self.head = head
        self.sought = sought
        expected = (head?.prunedLine ?? 0) + 1
        hash = head?.prunedHash ?? []
        guard let head else {
            verdict.add(nil, "the end of the chain was removed")
            return
        }
        guard head.prunedLine > 0 else { return }
        let pruned = HistoryVerdict.Mark(line: head.prunedLine, hash: HistoryChain.hexadecimal(head.prunedHash))
        verdict.pruned = pruned
        see(pruned)
    }

    /// - Parameters:
    ///   - content: a line's fields, as they are; whoever changed them kept to no rule.
    ///   - stored: the hash that it carries.
    mutating func take(_ content: [Cell], _ stored: [UInt8]) {
        guard case .number(let number) = content[0] else { return }
        verdict.lines += 1
        let computed = HistoryChain.hash(after: hash, content)
        if number > expected {
            verdict.add(
                number,
                expected == number - 1
                    ? "line \(expected) is missing before it"
                    : "lines \(expected) to \(number - 1) are missing before it")
        } else if number < expected {
            verdict.add(number, "it was pruned, and is here again")
        } else if computed != stored {
            verdict.add(
                number, "it was changed, or the line before it was: its hash is not that of what it says and follows")
        }
        if case (.text(let kind), .text(let detail)) = (content[4], content[8]) {
            if kind == Note.Kind.historyBroken.rawValue { verdict.add(number, "keyturn found then: \(detail)") }
            if kind == Note.Kind.historyPruned.rawValue { lastCheckpoint = detail }
        }
        expected = max(expected, number + 1)
        // What comes after is checked against what stands here: one change is told once.
        hash = stored
        let mark = HistoryVerdict.Mark(line: number, hash: HistoryChain.hexadecimal(stored))
        verdict.head = mark
        see(mark)
    }

    private mutating func see(_ mark: HistoryVerdict.Mark) {
        guard let sought, sought.hash == mark.hash, sought.line == nil || sought.line == mark.line else { return }
        isFound = true
    }

    mutating func end() {
        if let head {
            let last = expected - 1
            if last < head.line { verdict.add(nil, "lines \(last + 1) to \(head.line) are missing at the end") }
            if last > head.line { verdict.add(nil, "lines \(head.line + 1) to \(last) were added at the end") }
            if last == head.line, hash != head.hash {
                verdict.add(nil, "line \(last) is not the one that keyturn wrote last")
            }
            if head.prunedLine > 0, lastCheckpoint != HistoryTable.checkpoint(head) {
                verdict.add(nil, "no line says that the lines up to \(head.prunedLine) were pruned")
            }
        }
        guard let sought, !isFound else { return }
        if let line = sought.line, let head, line < head.prunedLine {
            verdict.add(nil, "\(sought) cannot be checked: the lines up to \(head.prunedLine) were pruned")
        } else {
            verdict.add(nil, "\(sought) is not part of this history")
        }
    }
}
