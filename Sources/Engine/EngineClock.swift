internal import FoundationEssentials
internal import Glibc
public import Rotation

/// Where the engine gets the time from.
public protocol EngineClock: Sendable {
    /// The time.
    var now: Timestamp { get }
    /// The time since some moment, by a clock that is never set, and goes on while the machine is suspended.
    var uptime: Duration { get }
    /// Returns at that time or later, or early when the task is cancelled.
    func sleep(until moment: Timestamp) async
    /// Returns after so long or later, by the clock of ``uptime``, or early when the task is cancelled.
    func sleep(for duration: Duration) async
}

/// The system's wall clock.
public struct SystemClock: EngineClock {
    /// Sleeping goes by another clock than the wall's, so a jump of the latter is noticed after so long.
    private static let longestNap: Duration = .seconds(30)

    /// The system's wall clock.
    public init() {}

    /// The time.
    public var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }

    /// The time since the machine was started.
    public var uptime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Returns at that time or later, or early when the task is cancelled.
    public func sleep(until moment: Timestamp) async {
        while true {
            let left = moment - now
            guard left > .zero, !Task.isCancelled else { return }
            await sleep(for: min(left, Self.longestNap))
        }
    }

    /// Returns after so long or later, or early when the task is cancelled.
    public func sleep(for duration: Duration) async {
        do { try await Task.sleep(for: duration) } catch { return }
    }
}
