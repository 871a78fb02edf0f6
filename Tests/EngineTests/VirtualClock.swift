import Engine
import Rotation
import Synchronization

/// Time that passes only when engines wait for it: the earliest sleeper's moment becomes now.
///
/// That no effect is still on its way is found out by yielding a while. Should a slow machine make time pass too early, then
/// only time passes too early: tests ask in which order things happen, and what was waited for at least.
final class VirtualClock: EngineClock {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private struct State {
        var now = VirtualClock.start
        var sleepers: [Int: Timestamp] = [:]
        var lastID = 0
        var wakes = 0
        /// Counts whatever happens here; as long as it grows, someone is at work.
        var happenings = 0
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { $0.now } }
    var uptime: Duration { now - Self.start }

    /// How often time has passed.
    var wakes: Int { state.withLock { $0.wakes } }

    func advance(_ duration: Duration) { state.withLock { $0.now = $0.now + duration } }

    func sleep(until moment: Timestamp) async {
        let id = state.withLock { state in
            state.lastID += 1
            state.happenings += 1
            state.sleepers[state.lastID] = moment
            return state.lastID
        }
        defer {
            state.withLock { state in
                state.sleepers[id] = nil
                state.happenings += 1
            }
        }
        var (yields, seen) = (0, -1)
        while !Task.isCancelled, now < moment {
            await Task.yield()
            let happenings = state.withLock { $0.happenings }
            yields = happenings == seen ? yields + 1 : 0
            seen = happenings
            if yields > 50 { passIfEarliest(moment) }
        }
    }

    func sleep(for duration: Duration) async { await sleep(until: now + duration) }

    /// Returns at that time, and leaves it to others to make time pass: for what keeps the engine waiting.
    func wait(until moment: Timestamp) async {
        while !Task.isCancelled, now < moment { await Task.yield() }
    }

    private func passIfEarliest(_ moment: Timestamp) {
        state.withLock { state in
            guard state.sleepers.values.min() == moment, state.now < moment else { return }
            state.now = moment
            state.wakes += 1
            state.happenings += 1
        }
    }
}
