internal import HTTP

/// `--timings`, as a table and as JSON.
struct TimingsDocument: Encodable {
    struct Line: Encodable {
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

    var wallMilliseconds: Double
    var requests: Int
    var connections: Int
    var mostRequestsAtOnce: Int
    var lines: [Line]
    private let rows: [[String]]

    enum CodingKeys: String, CodingKey {
        case requests, connections, lines
        case wallMilliseconds = "wall-ms"
        case mostRequestsAtOnce = "most-requests-at-once"
    }

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

    func text(_ terminal: Terminal) -> String {
        let table = Table(header: ["took, in ms", "count", "at once", "total", "median", "longest"], rows: rows)
        return table.text(terminal)
            + "\(requests) requests on \(connections) connections, at most \(mostRequestsAtOnce) under way at once; "
            + "\(Duration.milliseconds(wallMilliseconds).millisecondsText) ms in all\n"
    }
}
