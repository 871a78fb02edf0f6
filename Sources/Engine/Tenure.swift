internal import Rotation
internal import Synchronization

/// For how long a process may act on a user: until its lease ends by the store's clock, less a second.
///
/// Counted from before the lease was asked for, on a clock that no one sets and that goes on while a machine is suspended, so a worker
/// that was stopped finds out before its next call that the user may be another's.
public final class Tenure: Sendable {
    /// Clocks of two machines may run differently.
    private static let margin: Duration = .seconds(1)

    private let uptime: @Sendable () -> Duration
    private let end = Mutex<Duration>(.zero)

    /// One that has not begun.
    ///
    /// - Parameter uptime: time since some moment, by a clock that is never set.
    public init(uptime: @escaping @Sendable () -> Duration) { self.uptime = uptime }

    /// To be noted before a lease is asked for.
    var beginning: Duration { uptime() }

    /// What is left.
    public var left: Duration { end.withLock { $0 } - uptime() }

    /// Whether the next call may be made.
    public var isHeld: Bool { left > .zero }

    func lasts(_ duration: Duration, from beginning: Duration) {
        end.withLock { $0 = beginning + duration - Self.margin }
    }
}
