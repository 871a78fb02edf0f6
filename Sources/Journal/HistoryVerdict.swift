public import Rotation

/// What became of the history since it was written.
public struct HistoryVerdict: Hashable, Sendable {
    /// The head over all users: a moment, and a hash over every user's last line up to it. Noted elsewhere, it shows later whether the
    /// history up to that moment is still the same.
    public struct Mark: Hashable, Sendable, CustomStringConvertible {
        /// The time of the last line.
        public var at: Timestamp
        /// 64 lower-case hexadecimal digits.
        public var hash: String

        /// A mark.
        public init(at: Timestamp, hash: String) { (self.at, self.hash) = (at, hash) }

        /// Reads `MILLISECONDS:HASH`; nil: it is none.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let milliseconds = Int64(parts[0]) else { return nil }
            hash = parts[1].lowercased()
            at = Timestamp(milliseconds: milliseconds)
            guard hash.utf8.count == ChainHead.hashDigits, hash.allSatisfy(\.isHexDigit) else { return nil }
        }

        /// `MILLISECONDS:HASH`
        public var description: String { "\(at.milliseconds):\(hash)" }
    }

    /// Something that is not as it was written.
    public struct Fault: Hashable, Sendable {
        /// Whose history; nil: the head over all users.
        public var user: String?
        /// The line that shows it; nil: the end of the chain does.
        public var line: Int64?
        /// One sentence.
        public var text: String
    }

    /// The number of lines.
    public var lines = 0
    /// The head; nil: there is no line.
    public var head: Mark?
    /// How many lines were pruned.
    public var prunedLines: Int64 = 0
    /// Whether the ends were checked with the seal key.
    public var isEndChecked = false
    /// What is wrong, by user and in the order of the lines; the first ``faultLimit``.
    public var faults: [Fault] = []
    /// How many more there are.
    public var moreFaults = 0
    /// Whether lines from after the mark were pruned.
    var isMarkPruned = false

    /// More would help no one.
    static let faultLimit = 50

    mutating func add(_ user: String?, _ line: Int64?, _ text: String) {
        guard faults.count < Self.faultLimit else { return moreFaults += 1 }
        faults.append(Fault(user: user, line: line, text: text))
    }

    mutating func judge(_ mark: Mark, _ found: Mark?) {
        guard found?.hash != mark.hash else { return }
        add(
            nil, nil,
            isMarkPruned
                ? "\(mark) cannot be checked: lines from after it were pruned" : "\(mark) is not part of this history")
    }
}

/// Adds up the ends of all users' histories, in the order of their names.
struct HeadOverAll {
    private var text = ""
    private var at: Timestamp?

    /// - Parameter last: the last line; nil: there is none.
    mutating func add(_ user: String, _ last: (number: Int64, hash: String, at: Timestamp)?) {
        guard let last else { return }
        text += "\(user)\n\(last.number) \(last.hash)\n"
        at = max(at ?? last.at, last.at)
    }

    var mark: HistoryVerdict.Mark? {
        at.map { HistoryVerdict.Mark(at: $0, hash: Hexadecimal.sha256(Array(text.utf8))) }
    }
}
