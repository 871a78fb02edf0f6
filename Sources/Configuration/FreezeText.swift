internal import FoundationEssentials
internal import JSON
internal import Rotation

/// `freeze:`, a list of times in which no rotation begins.
///
/// ```yaml
/// freeze:
///   - { from: 2026-12-20, to: 2027-01-04 }            # dates, or moments such as 2026-12-20T18:00:00+01:00
///   - { days: [sat, sun] }                            # whole days, every week, in UTC
///   - { days: [mon, fri], from: "08:00", to: "10:00", time-zone: Europe/Berlin }
///   - { from: "22:00", to: "06:00" }                  # every day
/// ```
enum FreezeText {
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    /// More than anybody has.
    private static let limit = 64

    static func read(_ reader: inout MappingReader) throws(ConfigurationError) -> [Freeze]? {
        guard let field = reader.field("freeze") else { return nil }
        guard case .list(let entries) = field.value, entries.count <= limit else {
            throw reader.error("freeze", "must be a list of at most \(limit) times")
        }
        var freezes: [Freeze] = []
        for (index, entry) in entries.enumerated() {
            var inner = try MappingReader(entry, "\(reader.path("freeze"))[\(index)]", reader.file)
            freezes.append(try freeze(&inner))
            try inner.end()
        }
        return freezes
    }

    private static func freeze(_ reader: inout MappingReader) throws(ConfigurationError) -> Freeze {
        let (from, to) = (reader.field("from"), reader.field("to"))
        let chosen = try reader.strings("days")
        let zone = try zone(&reader)
        if chosen == nil, let first = from.flatMap({ moment($0, zone) }), let last = to.flatMap({ moment($0, zone) }) {
            guard first < last else { throw reader.error("to", "must be after `from`") }
            return .period(from: first, to: last)
        }
        var numbers: Set<Int> = []
        for day in chosen ?? days {
            guard let number = days.firstIndex(of: day.lowercased()) else {
                throw reader.error("days", "must be a list of days: \(days.joined(separator: ", "))")
            }
            numbers.insert(number + 1)
        }
        guard from != nil || to != nil else {
            guard chosen != nil else {
                throw ConfigurationError(
                    file: reader.file, line: reader.line, "`\(reader.place)` needs `days`, or `from` and `to`")
            }
            return .weekly(days: numbers, from: .zero, to: .zero, zone: zone)
        }
        guard let begins = from.flatMap(timeOfDay), let ends = to.flatMap(timeOfDay), begins != ends else {
            throw mistake(from, to, zone, takesDates: chosen == nil, reader)
        }
        return .weekly(days: numbers, from: begins, to: ends, zone: zone)
    }

    /// Which of the two is wrong, and how it is written.
    private static func mistake(
        _ from: Field?, _ to: Field?, _ zone: ZoneOffsets, takesDates: Bool, _ reader: MappingReader
    ) -> ConfigurationError {
        let time = "a time of the day such as \"08:00\""
        guard takesDates else {
            let (begins, ends) = (from.flatMap(timeOfDay), to.flatMap(timeOfDay))
            guard begins == nil || ends == nil else { return reader.error("to", "must be another time than `from`") }
            return reader.error(begins == nil ? "from" : "to", "must be \(time)")
        }
        func isRight(_ field: Field?) -> Bool {
            field.flatMap { moment($0, zone) } != nil || field.flatMap(timeOfDay) != nil
        }
        guard isRight(from), isRight(to) else {
            return reader.error(
                isRight(from) ? "to" : "from",
                "must be a date such as 2026-12-20, a moment such as 2026-12-20T18:00:00+01:00, or \(time)")
        }
        let isMixed = (from.flatMap(timeOfDay) == nil) != (to.flatMap(timeOfDay) == nil)
        return reader.error(
            "to",
            isMixed
                ? "must be of the same kind as `from`: both dates, or both times of the day"
                : "must be another time than `from`")
    }

    private static func zone(_ reader: inout MappingReader) throws(ConfigurationError) -> ZoneOffsets {
        guard let name = try reader.string("time-zone") else { return .utc }
        do throws(TimeZoneFile.Failure) { return try TimeZoneFile.read(name) } catch {
            throw reader.error("time-zone", error.description)
        }
    }

    /// A date, which is its midnight in the zone, or a moment of RFC 3339.
    private static func moment(_ field: Field, _ zone: ZoneOffsets) -> Timestamp? {
        guard case .scalar(.string(let text)) = field.value else { return nil }
        let isDate = text.utf8.count == 10
        guard let date = try? Date(isDate ? text + "T00:00:00Z" : text, strategy: .iso8601) else { return nil }
        let milliseconds = Int64(date.timeIntervalSince1970 * 1_000)
        return isDate ? zone.moment(local: milliseconds) : Timestamp(milliseconds: milliseconds)
    }

    /// `HH:MM`. Unquoted, YAML takes it for a number to the base of sixty: the minutes of the day.
    private static func timeOfDay(_ field: Field) -> Duration? {
        switch field.value {
        case .scalar(.integer(let minutes)) where (0..<1_440).contains(minutes): return .seconds(minutes * 60)
        case .scalar(.string(let text)):
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
                part.utf8.count == 2 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
            }
            guard parts.count == 2, let hours = parts[0], let minutes = parts[1], hours < 24, minutes < 60 else {
                return nil
            }
            return .seconds(hours * 3_600 + minutes * 60)
        default: return nil
        }
    }
}
