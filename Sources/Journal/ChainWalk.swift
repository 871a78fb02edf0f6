internal import Rotation
internal import StateStore

/// Follows the chain of one user's history line by line, and notes what does not hold.
struct ChainWalk {
    typealias End = (number: Int64, hash: String, at: Timestamp)

    private let user: String
    private let head: ChainHead
    private let limit: Timestamp?
    private var expected: Int64
    private var hash: String
    private var lastCheckpoint: String?
    private(set) var lines = 0
    /// The last line; nil: there is none.
    private(set) var last: End?
    /// The last one up to the limit; nil: there is none.
    private(set) var lastUpTo: End?

    /// - Parameter limit: a moment for ``lastUpTo``.
    init(_ user: String, _ head: ChainHead, upTo limit: Timestamp?) {
        (self.user, self.head, self.limit) = (user, head, limit)
        expected = head.prunedLine + 1
        hash = head.prunedHash
        if head.prunedLine > 0 { see((head.prunedLine, head.prunedHash, head.prunedAt)) }
    }

    /// - Parameter line: as it is; whoever changed it kept to no rule.
    mutating func take(_ line: StoredLine, _ verdict: inout HistoryVerdict) {
        let (stored, json) = Coding.split(line.content)
        lines += 1
        verdict.lines += 1
        if line.number > expected {
            let missing =
                expected == line.number - 1
                ? "line \(expected) is missing" : "lines \(expected) to \(line.number - 1) are missing"
            verdict.add(user, line.number, "\(missing) before it")
        } else if line.number < expected {
            verdict.add(user, line.number, "it was pruned, and is here again")
        } else if ChainHead.hash(after: hash, json) != stored {
            verdict.add(
                user, line.number,
                "it was changed, or the line before it was: its hash is not that of what it says and follows")
        }
        if let text = try? Coding.read(LineText.self, json) {
            if text.number != line.number || text.at.milliseconds != line.at || text.user != user {
                verdict.add(
                    user, line.number, "it lies elsewhere than it says: it is line \(text.number) of \(text.user)")
            }
            if text.kind == HistoryEvent.Kind.historyBroken.rawValue {
                verdict.add(user, line.number, "keyturn found then: \(text.detail ?? "")")
            }
            if text.kind == HistoryEvent.Kind.historyPruned.rawValue { lastCheckpoint = text.detail }
        }
        expected = max(expected, line.number + 1)
        // What comes after is checked against what is here: one change is one fault.
        hash = stored
        see((line.number, stored, Timestamp(milliseconds: line.at)))
    }

    private mutating func see(_ end: End) {
        last = end
        if let limit, end.at <= limit { lastUpTo = end }
    }

    mutating func end(_ verdict: inout HistoryVerdict) {
        let last = expected - 1
        if last < head.line { verdict.add(user, nil, "lines \(last + 1) to \(head.line) are missing at the end") }
        if last > head.line { verdict.add(user, nil, "lines \(head.line + 1) to \(last) were added at the end") }
        if last == head.line, hash != head.hash {
            verdict.add(user, nil, "line \(last) is not the one that keyturn wrote last")
        }
        if head.prunedLine > 0, lastCheckpoint != StoredJournal.checkpoint(head) {
            verdict.add(user, nil, "no line says that the lines up to \(head.prunedLine) were pruned")
        }
    }
}
