import FoundationEssentials
import JSON

/// GitHub's rate limits: requests in an hour, and points in a minute (a read costs 1, a write 5).
///
/// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
final class GitHubBudget: Sendable {
    struct Reading: Sendable {
        let hour: RequestWindow.Reading
        let minute: RequestWindow.Reading
    }

    static let requestsAnHour = 5000
    static let pointsAMinute = 900

    private let hours = RequestWindow(seconds: 3600)
    private let minutes: RequestWindow
    private let isKept: Bool

    /// - Parameters:
    ///   - isKept: whether a client that spends too much is refused; if not, its budget is a large one.
    ///   - minute: how long the minute is, in seconds.
    init(isKept: Bool, minute: Double) {
        self.isKept = isKept
        minutes = RequestWindow(seconds: minute)
    }

    private var limit: Int { isKept ? Self.requestsAnHour : 1_000_000 }

    func spend(_ request: Request) -> Reading {
        let client = request.header("Authorization") ?? request.client
        // Asking for the budget does not spend it.
        let isFree = request.path == "/rate_limit"
        let isRead = ["GET", "HEAD", "OPTIONS"].contains(request.method)
        return Reading(
            hour: hours.spend(isFree ? 0 : 1, by: client), minute: minutes.spend(isRead ? 1 : 5, by: client))
    }

    func refusal(of reading: Reading, for request: Request) -> Reply? {
        guard isKept, request.path != "/rate_limit" else { return nil }
        if reading.hour.used > limit {
            return GitHubError(status: 403, message: "API rate limit exceeded for user ID 1.").reply
        }
        guard reading.minute.used > Self.pointsAMinute else { return nil }
        let wait = max(1, Int(reading.minute.reset.timeIntervalSinceNow.rounded(.up)))
        let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return GitHubError(status: 403, message: message).reply.adding([("Retry-After", String(wait))])
    }

    func headers(_ reading: Reading) -> [(name: String, value: String)] {
        [
            ("X-RateLimit-Limit", String(limit)),
            ("X-RateLimit-Remaining", String(max(0, limit - reading.hour.used))),
            ("X-RateLimit-Used", String(min(limit, reading.hour.used))),
            ("X-RateLimit-Reset", String(Timestamp.epochSeconds(reading.hour.reset))),
            ("X-RateLimit-Resource", "core"),
        ]
    }

    func overview(_ reading: Reading) -> JSONValue {
        func row(_ limit: Int, used: Int) -> JSONValue {
            [
                "limit": .int(limit), "used": .int(min(limit, used)), "remaining": .int(max(0, limit - used)),
                "reset": .int(Timestamp.epochSeconds(reading.hour.reset)),
            ]
        }
        let core = row(limit, used: reading.hour.used)
        let resources: JSONValue = ["core": core, "search": row(30, used: 0), "graphql": row(5000, used: 0)]
        return ["resources": resources, "rate": core]
    }
}
