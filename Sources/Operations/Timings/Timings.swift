internal import HTTP
internal import Synchronization

/// Where the time of one run went: `--timings`.
///
/// What is timed is wrapped (``TimedKeys``, ``TimedPushers``, ``TimedJournal``), so that nothing is measured where no one asks.
final class Timings: Sendable {
    /// All that took time under one name.
    struct Series: Sendable {
        /// Every push of the largest fan-out is remembered, and not without end.
        private static let limit = 100_000

        private(set) var durations: [Duration] = []
        private var underWay = 0
        /// How many were in progress at once, at most.
        private(set) var most = 0

        var total: Duration { durations.reduce(.zero, +) }
        var median: Duration { durations.isEmpty ? .zero : durations.sorted()[durations.count / 2] }
        var longest: Duration { durations.max() ?? .zero }

        fileprivate mutating func begin() {
            underWay += 1
            most = max(most, underWay)
        }

        fileprivate mutating func end(_ duration: Duration) {
            underWay -= 1
            if durations.count < Self.limit { durations.append(duration) }
        }
    }

    private struct State {
        var order: [String] = []
        var series: [String: Series] = [:]
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// Begins something, and gives what ends it.
    func begin(_ name: String) -> @Sendable () -> Void {
        let start = ContinuousClock.now
        state.withLock { state in
            if state.series[name] == nil { state.order.append(name) }
            state.series[name, default: Series()].begin()
        }
        return { [self] in
            let duration = ContinuousClock.now - start
            state.withLock { $0.series[name]?.end(duration) }
        }
    }

    /// Everything, in the order in which it first began.
    var all: [(name: String, series: Series)] {
        state.withLock { state in state.order.map { ($0, state.series[$0] ?? Series()) } }
    }

    /// Since the beginning.
    var total: Duration { ContinuousClock.now - start }
}

extension Duration {
    /// In milliseconds, with a tenth where it is short.
    var millisecondsText: String {
        let (seconds, attoseconds) = components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        return tenths < 1_000 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
    }

    /// In milliseconds.
    var inMilliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + Double(attoseconds / 1_000_000_000_000) / 1_000
    }
}
