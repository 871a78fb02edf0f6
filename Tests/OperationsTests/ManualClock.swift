import Engine
@testable import Operations
import Rotation
import Synchronization

/// Time that passes only when a test says so.
final class ManualClock: EngineClock {
    private struct Sleeper {
        var duration: Duration
        var end: Duration
        var wake: CheckedContinuation<Void, Never>
    }

    private struct State {
        var uptime = Duration.zero
        var sleepers: [Int: Sleeper] = [:]
        var lastID = 0
    }

    private let state = Mutex(State())

    var uptime: Duration { state.withLock { $0.uptime } }
    var now: Timestamp { Directory.now + uptime }

    /// For how long each of those that sleep wanted to, the shortest first.
    var sleeps: [Duration] { state.withLock { $0.sleepers.values.map(\.duration).sorted() } }

    /// Time passes, and whoever has slept long enough wakes.
    func advance(_ duration: Duration) {
        let woken = state.withLock { state in
            state.uptime += duration
            let late = state.sleepers.filter { $0.value.end <= state.uptime }
            for id in late.keys { state.sleepers[id] = nil }
            return late.values.map(\.wake)
        }
        woken.forEach { $0.resume() }
    }

    func sleep(until moment: Timestamp) async {
        let left = moment - now
        if left > .zero { await sleep(for: left) }
    }

    func sleep(for duration: Duration) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { wake in
                // A task that is cancelled before it sleeps has no one who wakes it.
                let isOver = state.withLock { state in
                    if Task.isCancelled { return true }
                    state.sleepers[id] = Sleeper(duration: duration, end: state.uptime + duration, wake: wake)
                    return false
                }
                if isOver { wake.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.wake.resume()
        }
    }
}

/// Lets others work until a condition holds.
///
/// - Throws: where the test's time is up before.
func reached(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
