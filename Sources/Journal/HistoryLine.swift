internal import FoundationEssentials
public import Rotation
internal import StateStore

/// One line of history.
public struct HistoryLine: Hashable, Sendable {
    /// Counts up from 1 for each user.
    public var number: Int64
    /// When.
    public var at: Timestamp
    /// Whose key.
    public var user: String
    /// In which rotation.
    public var rotation: Int
    /// What.
    public var note: HistoryEvent
    /// Who wrote it.
    public var author: Author
    /// What it is chained by: ``ChainHead``.
    public var hash: String
}

/// A line as JSON. The store keeps it behind its hash and a line feed.
struct LineText: Codable {
    var number: Int64
    var at: Timestamp
    var user: String
    var rotation: Int
    var kind: String
    var key: AccessKeyID?
    var target: TargetName?
    var evidence: Evidence?
    var detail: String?
    var retryAt: Timestamp?
    var author: Author

    init(_ note: HistoryEvent, number: Int64, at: Timestamp, user: String, rotation: Int, author: Author) {
        (self.number, self.at, self.user, self.rotation, self.author) = (number, at, user, rotation, author)
        kind = note.kind.rawValue
        (key, target, evidence, detail) = (note.key, note.target, note.evidence, note.detail)
        retryAt = note.retryAt
    }
}

extension HistoryLine {
    /// - Throws: `corrupt` where it is not a line of keyturn's.
    init(_ stored: StoredLine) throws(JournalError) {
        let (hash, content) = Coding.split(stored.content)
        let text = try Coding.read(LineText.self, content)
        guard let kind = HistoryEvent.Kind(rawValue: text.kind) else {
            throw JournalError(
                .newer,
                "a line of the history of \(stored.user) says `\(text.kind)`, which is a word of a newer keyturn")
        }
        var note = HistoryEvent(
            kind, key: text.key, target: text.target, evidence: text.evidence, detail: text.detail)
        note.retryAt = text.retryAt
        self.init(
            number: stored.number, at: Timestamp(milliseconds: stored.at), user: stored.user, rotation: text.rotation,
            note: note, author: text.author, hash: hash)
    }
}

/// Which lines of history are wanted. What is nil does not narrow.
public struct HistoryFilter: Hashable, Sendable {
    /// One user's lines only.
    public var user: String?
    /// Lines about one target only.
    public var target: TargetName?
    /// Lines about one key only.
    public var key: AccessKeyID?
    /// Lines from then on.
    public var since: Timestamp?
    /// Lines before then.
    public var until: Timestamp?
    /// The newest N.
    public var limit: Int

    /// The newest lines of all users.
    public init(limit: Int) { self.limit = limit }

    func accepts(_ line: HistoryLine) -> Bool {
        (target == nil || line.note.target == target) && (key == nil || line.note.key == key)
    }
}
