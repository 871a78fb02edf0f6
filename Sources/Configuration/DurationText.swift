internal import Rotation

/// Durations as people write them: `90s`, `30m`, `12h`, `7d`.
public enum DurationText {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    /// A hundred years.
    private static let longest: Int64 = 36_525 * 86_400

    /// The duration; nil: it is none, or below a second.
    public static func parse(_ text: String) -> Duration? {
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number >= 1,
            number <= longest / unit
        else { return nil }
        return .seconds(number * unit)
    }

    /// The duration in its largest whole unit, else to two units: `12h`, `1d 6h`, `4s`.
    public static func text(_ duration: Duration) -> String {
        let seconds = max(0, duration.milliseconds / 1_000)
        let parts = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)].reduce(into: (seconds, [String]())) {
            rest, unit in
            let count = rest.0 / Int64(unit.1)
            rest.0 %= Int64(unit.1)
            if count > 0 { rest.1.append("\(count)\(unit.0)") }
        }.1
        return parts.isEmpty ? "0s" : parts.prefix(2).joined(separator: " ")
    }
}
