public import Rotation
internal import Synchronization

/// The time as all workers on one state see it: by the clock of the state's server, carried on by this machine's uptime.
///
/// A worker whose own clock is an hour ahead would end an overlap an hour early, for all.
public final class SharedClock: EngineClock {
    /// Waiting goes by uptime, so that a correction is noticed after so long.
    private static let longestNap: Duration = .seconds(30)

    private let own: any EngineClock
    private let noted = Mutex<(time: Timestamp, uptime: Duration)?>(nil)

    /// - Parameter own: this machine's.
    public init(_ own: any EngineClock) { self.own = own }

    /// What the server's clock says.
    ///
    /// - Parameter asked: this machine's uptime before it was asked; the answer may be older than it looks, and never newer.
    /// - Returns: by how much this machine's own clock is ahead of it.
    @discardableResult
    public func note(_ time: Timestamp, asked: Duration) -> Duration {
        noted.withLock { $0 = (time, asked) }
        return own.now - now
    }

    /// The time by the server's clock; by this machine's own as long as nothing is known of that.
    public var now: Timestamp {
        noted.withLock { noted in noted.map { $0.time + (own.uptime - $0.uptime) } ?? own.now }
    }

    /// The time since the machine was started.
    public var uptime: Duration { own.uptime }

    /// Returns at that time or later, or early when the task is cancelled.
    public func sleep(until moment: Timestamp) async {
        while !Task.isCancelled {
            let left = moment - now
            guard left > .zero else { return }
            await own.sleep(for: min(left, Self.longestNap))
        }
    }

    /// Returns after so long or later, or early when the task is cancelled.
    public func sleep(for duration: Duration) async { await own.sleep(for: duration) }
}
