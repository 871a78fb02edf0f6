internal import HTTP

/// What `--timings` reports.
package struct TimingsDocument: Encodable, Sendable {
    struct Line: Encodable, Sendable {
        var what: String
        var count: Int
        var mostAtOnce: Int
        var totalMilliseconds: Double
        var medianMilliseconds: Double
        var longestMilliseconds: Double

        enum CodingKeys: String, CodingKey {
            case what, count
            case mostAtOnce = "most-at-once"
            case totalMilliseconds = "total-ms"
            case medianMilliseconds = "median-ms"
            case longestMilliseconds = "longest-ms"
        }
    }

    package var wallMilliseconds: Double
    package var requests: Int
    package var connections: Int
    package var mostRequestsAtOnce: Int
    var lines: [Line]
    /// Name, count, most at once, and total, median and longest in milliseconds, as they are shown.
    package let rows: [[String]]

    enum CodingKeys: String, CodingKey {
        case requests, connections, lines
        case wallMilliseconds = "wall-ms"
        case mostRequestsAtOnce = "most-requests-at-once"
    }

    /// The milliseconds since the beginning, as they are shown.
    package var wallText: String { Duration.milliseconds(wallMilliseconds).millisecondsText }

    init(_ timings: Timings, _ http: HTTPClient.Counts) {
        let all = timings.all
        wallMilliseconds = timings.total.inMilliseconds
        (requests, connections, mostRequestsAtOnce) = (http.requests, http.connections, http.most)
        lines = all.map { name, series in
            Line(
                what: name, count: series.durations.count, mostAtOnce: series.most,
                totalMilliseconds: series.total.inMilliseconds, medianMilliseconds: series.median.inMilliseconds,
                longestMilliseconds: series.longest.inMilliseconds)
        }
        rows = all.map { name, series in
            [
                name, "\(series.durations.count)", "\(series.most)", series.total.millisecondsText,
                series.median.millisecondsText, series.longest.millisecondsText,
            ]
        }
    }
}
