internal import FoundationEssentials
public import Rotation

/// Where the engine gets the time from.
public protocol EngineClock: Sendable {
    /// The time.
    var now: Timestamp { get }
    /// Returns at that time or later, or early when the task is cancelled.
    func sleep(until moment: Timestamp) async
}

/// The system's wall clock.
public struct SystemClock: EngineClock {
    /// Sleeping goes by another clock than the wall's, so a jump of the latter is noticed after so long.
    private static let longestNap: Duration = .seconds(30)

    /// The system's wall clock.
    public init() {}

    /// The time.
    public var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }

    /// Returns at that time or later, or early when the task is cancelled.
    public func sleep(until moment: Timestamp) async {
        while true {
            let left = moment - now
            guard left > .zero, !Task.isCancelled else { return }
            try? await Task.sleep(for: min(left, Self.longestNap))
        }
    }
}
