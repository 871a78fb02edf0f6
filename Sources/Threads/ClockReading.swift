internal import Glibc

/// A moment by two clocks. Which of them goes on while a virtual machine is frozen is its host's affair, so the one that has gone
/// further counts.
public struct ClockReading: Sendable {
    /// Since the machine's start, time in suspension included.
    private let sinceStart: Duration
    /// By the wall clock, which can be set.
    private let wall: Duration

    /// The moment.
    public static var now: ClockReading {
        ClockReading(sinceStart: read(CLOCK_BOOTTIME), wall: read(CLOCK_REALTIME))
    }

    /// Whether more time than that has passed since.
    public func isOlder(than duration: Duration) -> Bool {
        let now = ClockReading.now
        return max(now.sinceStart - sinceStart, now.wall - wall) > duration
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
