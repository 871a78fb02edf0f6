/// A time in which no rotation begins. One that is in progress goes on, and a leak does not wait.
public enum Freeze: Hashable, Sendable {
    /// From a moment up to another one.
    case period(from: Timestamp, to: Timestamp)
    /// On these days of every week, Monday being 1, between two times of the day by the clocks of a zone; an end before the
    /// beginning lies on the next day.
    case weekly(days: Set<Int>, from: Duration, to: Duration, zone: ZoneOffsets = .utc)

    private static let day: Int64 = 86_400_000

    /// When the freeze ends that this moment lies in; nil: it lies in none.
    func end(at moment: Timestamp) -> Timestamp? {
        switch self {
        case .period(let from, let to): return moment >= from && moment < to ? to : nil
        case .weekly(let days, let from, let to, let zone):
            let length = (to.milliseconds - from.milliseconds + Self.day - 1) % Self.day + 1
            let today = zone.local(moment).floored(to: Self.day)
            // It may have begun yesterday, and last until today.
            for begun in [today - Self.day, today] where days.contains(Self.weekday(begun)) {
                let start = begun + from.milliseconds
                // By the clock: a night in which clocks change is an hour shorter or longer.
                let end = zone.moment(local: start + length)
                if moment >= zone.moment(local: start), moment < end { return end }
            }
            return nil
        }
    }

    /// The day of the week, Monday being 1: 1970 began on a Thursday.
    private static func weekday(_ midnight: Int64) -> Int {
        Int(((midnight / day + 3) % 7 + 7) % 7) + 1
    }
}

extension Policy {
    /// More than any calendar has in a row; one that never ends is cut off here.
    private static let longestFreeze = 1_000

    /// The first moment at or after the given one in which a rotation may begin.
    public func thaw(_ moment: Timestamp) -> Timestamp {
        var moment = moment
        for _ in 0..<Self.longestFreeze {
            guard let end = freezes.compactMap({ $0.end(at: moment) }).max() else { break }
            moment = end
        }
        return moment
    }
}

extension Int64 {
    fileprivate func floored(to unit: Int64) -> Int64 { self - ((self % unit) + unit) % unit }
}
