public import Rotation

/// Counts of what one process has done, as monitoring wants them: they only grow, and begin again with the process.
public struct Tally: Hashable, Sendable {
    /// Ends of pushes to the targets of one pusher.
    public struct Pushes: Hashable, Sendable {
        /// Those that the target has confirmed.
        public var confirmed = 0
        /// All others.
        public var notConfirmed = 0
    }

    /// Durations, in the buckets of a Prometheus histogram.
    public struct Durations: Hashable, Sendable {
        /// Upper bounds in seconds: from a fan-out to one target up to rotations with overlap and soak of days.
        static let bounds: [Int64] = [5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 604_800]

        /// Durations up to each bound.
        public private(set) var counts = [Int](repeating: 0, count: bounds.count)
        /// All durations.
        public private(set) var count = 0
        /// Their sum in seconds.
        public private(set) var sum = 0.0

        mutating func add(_ duration: Duration) {
            let seconds = Double(max(0, duration.milliseconds)) / 1_000
            for index in Self.bounds.indices where seconds <= Double(Self.bounds[index]) { counts[index] += 1 }
            count += 1
            sum += seconds
        }
    }

    /// By pusher.
    public private(set) var pushes: [String: Pushes] = [:]
    /// By user.
    public private(set) var completed: [String: Int] = [:]
    /// From the beginning of a rotation to its end; those of which this process saw both.
    public private(set) var rotations = Durations()
    /// From the first push of a rotation to the last confirmation; those of which this process saw both.
    public private(set) var deliveries = Durations()
    private var began: [String: Timestamp] = [:]
    private var delivering: [String: Timestamp] = [:]

    /// Nothing yet.
    public init() {}

    /// Takes in what happened to one user.
    public mutating func take(_ notes: [HistoryEvent], of user: String, at now: Timestamp) {
        for note in notes {
            switch note.kind {
            case .delivered: pushes[Self.pusher(note), default: Pushes()].confirmed += 1
            case .notDelivered: pushes[Self.pusher(note), default: Pushes()].notConfirmed += 1
            case .began: began[user] = now
            case .delivering: delivering[user] = now
            case .allDelivered:
                if let beginning = delivering.removeValue(forKey: user) { deliveries.add(now - beginning) }
            case .completed:
                completed[user, default: 0] += 1
                if let beginning = began.removeValue(forKey: user) { rotations.add(now - beginning) }
            default: break
            }
        }
    }

    private static func pusher(_ note: HistoryEvent) -> String {
        note.target?.pusher ?? ""
    }
}
