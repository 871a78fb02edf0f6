/// How far a time zone's clocks are ahead of UTC, and when that changes.
public struct ZoneOffsets: Hashable, Sendable {
    /// From a moment on, clocks are that far ahead of UTC.
    public struct Change: Hashable, Sendable {
        /// The moment.
        public var at: Timestamp
        /// Negative west of Greenwich.
        public var ahead: Duration

        /// A change.
        public init(at: Timestamp, ahead: Duration) { (self.at, self.ahead) = (at, ahead) }
    }

    /// UTC itself.
    public static let utc = ZoneOffsets(name: "UTC", before: .zero, changes: [])

    /// The zone's name, such as `Europe/Berlin`.
    public let name: String
    private let before: Duration
    private let changes: [Change]

    /// A zone.
    ///
    /// - Parameters:
    ///   - before: the offset before the first change.
    ///   - changes: oldest first.
    public init(name: String, before: Duration, changes: [Change]) {
        (self.name, self.before, self.changes) = (name, before, changes)
    }

    private func ahead(at moment: Timestamp) -> Duration {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? before : changes[low - 1].ahead
    }

    /// What clocks there show, in milliseconds since 1970 by their own count.
    func local(_ moment: Timestamp) -> Int64 { (moment + ahead(at: moment)).milliseconds }

    /// When clocks there show that. Of two such moments the first one; where clocks skip it, the moment of the change as the clock
    /// before it counts.
    public func moment(local: Int64) -> Timestamp {
        let plain = Timestamp(milliseconds: local)
        // Offsets change by an hour or two, so the two candidates are the offsets of the day before and the day after.
        let early = plain + (.zero - ahead(at: plain + .seconds(-86_400)))
        if self.local(early) == local { return early }
        let late = plain + (.zero - ahead(at: plain + .seconds(86_400)))
        return self.local(late) == local ? late : early
    }
}
