/// What became of the history since it was written.
public struct HistoryVerdict: Hashable, Sendable {
    /// A line's number and hash. Noted elsewhere, it shows later whether the history up to it is still the same.
    public struct Mark: Hashable, Sendable, CustomStringConvertible {
        /// The number; nil: only the hash was noted.
        public var line: Int64?
        /// 64 lower-case hexadecimal digits.
        public var hash: String

        /// A mark.
        public init(line: Int64?, hash: String) {
            self.line = line
            self.hash = hash
        }

        /// Reads `HASH` or `NUMBER:HASH`; nil: it is neither.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let hash = parts.last?.lowercased(),
                hash.utf8.count == HistoryChain.hashLength * 2, hash.allSatisfy(\.isHexDigit)
            else { return nil }
            if parts.count == 2 {
                guard let line = Int64(parts[0]) else { return nil }
                self.line = line
            }
            self.hash = hash
        }

        /// `NUMBER:HASH`
        public var description: String { line.map { "\($0):\(hash)" } ?? hash }
    }

    /// Something that is not as it was written.
    public struct Fault: Hashable, Sendable {
        /// The line that shows it; nil: the end of the chain does.
        public var line: Int64?
        /// One sentence.
        public var text: String
    }

    /// The number of lines.
    public var lines = 0
    /// The last line; nil: there is none.
    public var head: Mark?
    /// The last line that was pruned; nil: none was.
    public var pruned: Mark?
    /// Whether the end was checked with the seal key.
    public var isEndChecked = false
    /// What is wrong, in the order of the lines; the first ``faultLimit``.
    public var faults: [Fault] = []
    /// How many more there are.
    public var moreFaults = 0

    /// More would tell nobody more.
    static let faultLimit = 50

    mutating func add(_ line: Int64?, _ text: String) {
        guard faults.count < Self.faultLimit else { return moreFaults += 1 }
        faults.append(Fault(line: line, text: text))
    }
}
