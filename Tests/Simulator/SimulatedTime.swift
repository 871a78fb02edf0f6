internal import Rotation
internal import Synchronization

/// The time of the world that is being simulated, for what is shared by many of them.
final class SimulatedTime: Sendable {
    private let times = Mutex((now: Simulation.start, clock: Simulation.start))

    /// What goes on whatever is done to clocks.
    var uptime: Duration { times.withLock { $0.now - Simulation.start } }
    /// What the machine's clock shows.
    var wallClock: Int64 { times.withLock { $0.clock.milliseconds } }

    func set(_ now: Timestamp, skew: Duration) { times.withLock { $0 = (now, now + skew) } }
}
