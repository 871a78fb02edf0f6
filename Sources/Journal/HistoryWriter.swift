internal import Rotation
internal import StateStore

/// Makes lines that go on from the end of a user's history.
struct HistoryWriter {
    let user: String
    let rotation: Int
    let author: Author
    var head: ChainHead
    private(set) var lines: [StoredLine] = []

    init(user: String, rotation: Int, author: Author, head: ChainHead) {
        (self.user, self.rotation, self.author, self.head) = (user, rotation, author, head)
    }

    mutating func append(_ notes: [HistoryEvent], at now: Timestamp) {
        for note in notes {
            // Also where the clock was set back: what was written up to a moment must stay the beginning of the chain.
            let at = max(now, head.at)
            (head.line, head.at) = (head.line + 1, at)
            let text = LineText(note, number: head.line, at: at, user: user, rotation: rotation, author: author)
            let json = Coding.json(text)
            head.hash = ChainHead.hash(after: head.hash, json)
            if head.oldestAt == nil { head.oldestAt = at }
            lines.append(
                StoredLine(
                    user: user, number: head.line, at: at.milliseconds, content: Coding.join(head.hash, json)))
        }
    }
}
