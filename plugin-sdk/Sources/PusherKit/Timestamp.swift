import CPusherKit

/// A moment, to the millisecond.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let milliseconds: Int64

    /// A moment by its milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The moment by this machine's clock.
    static var now: Timestamp { Timestamp(milliseconds: kt_time()) }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000 }

    /// The earlier one.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The time from one to the other. Beyond what 64 bits hold it is as long as they do.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        let (difference, isTooLong) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return .milliseconds(isTooLong ? (left > right ? Int64.max : .min) : difference)
    }

    /// A later moment. Beyond what 64 bits hold it is the last that they do.
    public static func + (left: Timestamp, right: Duration) -> Timestamp {
        let (seconds, attoseconds) = right.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000)
        // The fraction has the sign of the seconds.
        let (duration, isLonger) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        let (sum, isBeyond) = left.milliseconds.addingReportingOverflow(duration)
        return Timestamp(milliseconds: isTooLong || isLonger || isBeyond ? (seconds > 0 ? .max : .min) : sum)
    }

    /// An earlier moment, likewise.
    public static func - (left: Timestamp, right: Duration) -> Timestamp { left + (.zero - right) }
}

/// A day of the Gregorian calendar and a time on it, in UTC.
struct CalendarTime {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64 = 0
    var minute: Int64 = 0
    var second: Int64 = 0

    /// By the days since 0000-03-01, of which each 400 years have 146,097. A year that begins in March has its leap day at
    /// its end.
    var timestamp: Timestamp? {
        guard (1...12).contains(month), (1...Self.days(year, month)).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - Self.daysTo1970
        return Timestamp(milliseconds: (days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000)
    }

    init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(_ timestamp: Timestamp) {
        let seconds = timestamp.seconds
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let shifted = day + Self.daysTo1970
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let rest = seconds - day * 86_400
        (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60)
    }

    /// Days from 0000-03-01 to 1970-01-01.
    private static let daysTo1970: Int64 = 719_468

    private static func days(_ year: Int64, _ month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
