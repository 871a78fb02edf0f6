internal import Configuration
internal import Engine
internal import FoundationEssentials
package import Rotation

/// Times for people and programs.
package enum Moment {
    /// The time by the system's clock.
    package static var now: Timestamp { SystemClock().now }

    /// `2026-11-22T10:00:00Z`
    package static func text(_ moment: Timestamp) -> String { moment.rfc3339 }

    /// `2026-11-22T10:00:00.000Z`
    package static func precise(_ moment: Timestamp) -> String {
        Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Reads RFC 3339; nil: it is none.
    package static func parse(_ text: String) -> Timestamp? {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        return styles.lazy.compactMap { try? $0.parse(text) }.first.map {
            Timestamp(milliseconds: Int64($0.timeIntervalSince1970 * 1_000))
        }
    }

    /// Reads what people type for a point in time: RFC 3339, a day (its beginning, UTC), or a duration back from now.
    package static func boundary(_ text: String, now: Timestamp) -> Timestamp? {
        if let duration = DurationText.parse(text) { return now - duration }
        return parse(text) ?? parse("\(text)T00:00:00Z")
    }

    /// `in 4h 12m`, `now`.
    package static func relative(_ moment: Timestamp, to now: Timestamp) -> String {
        moment - now < .seconds(1) ? "now" : "in \(DurationText.text(moment - now))"
    }

    /// `3d 4h ago`
    package static func ago(_ moment: Timestamp, to now: Timestamp) -> String {
        now - moment < .seconds(1) ? "just now" : "\(DurationText.text(now - moment)) ago"
    }

    /// Reads `90d`; nil: it is not a duration.
    package static func duration(_ text: String) -> Duration? { DurationText.parse(text) }

    /// `12h`, `1d 6h`, `4s`
    package static func text(_ duration: Duration) -> String { DurationText.text(duration) }
}
