internal import Rotation

/// The rule of a zone for the years to come, in the form of POSIX's `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule {
    /// A day of the year, and a time on it by the clocks before the change.
    private struct Day {
        /// `M3.5.0`: the fifth, that is the last, Sunday of March.
        var (month, week, weekday) = (1, 1, 0)
        var time = 7_200

        /// In seconds since 1970, as the clocks before the change count.
        func local(in year: Int) -> Int64 {
            let first = ZoneRule.days(year, month, 1)
            // 1970 began on a Thursday.
            let weekdayOfFirst = Int(((first + 4) % 7 + 7) % 7)
            var day = 1 + (weekday - weekdayOfFirst + 7) % 7 + (week - 1) * 7
            let next = month == 12 ? ZoneRule.days(year + 1, 1, 1) : ZoneRule.days(year, month + 1, 1)
            while Int64(day) > next - first { day -= 7 }
            return (first + Int64(day) - 1) * 86_400 + Int64(time)
        }
    }

    private var standard = 0
    private var summer: (ahead: Int, from: Day, to: Day)?

    /// Reads one; nil: it is not such a rule, or has days in another form, which no zone of the database uses.
    init?(_ text: String) {
        var rest = Substring(text)
        guard Self.name(&rest), let offset = Self.time(&rest, hours: 24) else { return nil }
        standard = -offset
        guard !rest.isEmpty else { return }
        guard Self.name(&rest) else { return nil }
        var ahead = standard + 3_600
        if rest.first != "," {
            guard let offset = Self.time(&rest, hours: 24) else { return nil }
            ahead = -offset
        }
        guard let from = Self.day(&rest), let to = Self.day(&rest), rest.isEmpty else { return nil }
        summer = (ahead, from, to)
    }

    /// The changes after a moment, up to the end of a year; one at that moment or, without one, at the beginning of 1970 comes first.
    func changes(after moment: Timestamp?, upTo last: Int) -> [ZoneOffsets.Change] {
        let start = moment ?? Timestamp(milliseconds: 0)
        guard let summer else {
            return moment == nil ? [.init(at: start, ahead: .seconds(standard))] : []
        }
        let first = 1970 + Int(max(0, start.milliseconds) / 31_556_952_000)
        var changes: [ZoneOffsets.Change] = []
        for year in max(1970, first - 1)...max(last, first) {
            let begins = summer.from.local(in: year) - Int64(standard)
            let ends = summer.to.local(in: year) - Int64(summer.ahead)
            changes.append(.init(at: Timestamp(milliseconds: begins * 1_000), ahead: .seconds(summer.ahead)))
            changes.append(.init(at: Timestamp(milliseconds: ends * 1_000), ahead: .seconds(standard)))
        }
        return changes.sorted { $0.at < $1.at }.filter { $0.at > start }
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        // Years that begin in March have the leap day at their end.
        let shifted = month <= 2 ? year - 1 : year
        let cycle = shifted / 400
        let yearOfCycle = shifted - cycle * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return Int64(cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468)
    }

    /// `CET`, or `<+03>`.
    private static func name(_ rest: inout Substring) -> Bool {
        if rest.first == "<" {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    /// `[+-]hh[:mm[:ss]]`, in seconds.
    private static func time(_ rest: inout Substring, hours limit: Int) -> Int? {
        var sign = 1
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        var (seconds, unit) = (0, 3_600)
        while unit > 0 {
            guard let number = number(&rest), number <= (unit == 3_600 ? limit : 59) else { return nil }
            seconds += number * unit
            unit /= 60
            guard unit > 0, rest.first == ":" else { break }
            rest = rest.dropFirst()
        }
        return sign * seconds
    }

    private static func number(_ rest: inout Substring) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    /// `,M3.5.0/2`
    private static func day(_ rest: inout Substring) -> Day? {
        guard rest.hasPrefix(",M") else { return nil }
        rest = rest.dropFirst(2)
        var day = Day()
        guard let month = number(&rest), (1...12).contains(month), rest.first == "." else { return nil }
        rest = rest.dropFirst()
        guard let week = number(&rest), (1...5).contains(week), rest.first == "." else { return nil }
        rest = rest.dropFirst()
        guard let weekday = number(&rest), (0...6).contains(weekday) else { return nil }
        (day.month, day.week, day.weekday) = (month, week, weekday)
        if rest.first == "/" {
            rest = rest.dropFirst()
            guard let time = time(&rest, hours: 167) else { return nil }
            day.time = time
        }
        return day
    }
}
