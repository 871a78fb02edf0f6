internal import CKeyturnPusher

/// What one pusher may do to keyturn: every bound on what its process sends and asks for, in one place. They stand on the host's
/// side of the socket, since the plugin can change what is in the runner.
enum PusherLimits {
    // What a plugin's author has to know is in the ABI's header, and taken from there.

    /// Requests of one call.
    static let requestsPerCall = Int(KT_MAX_REQUESTS)
    /// Bytes of header fields, bodies and URLs of one call's requests.
    static let requestBytesPerCall = Int(KT_MAX_REQUEST_BYTES)
    /// Requests of one call in progress at once. The ABI has one; a plugin's threads may overlap by a few.
    static let requestsAtOncePerCall = Int(KT_MAX_REQUESTS_AT_ONCE)
    /// Bytes of requests in progress of the whole pusher. Beyond it nothing more is read from its process.
    static let requestBytesAtOnce = 4 << 20
    /// Bytes that wait to be read by its process. Beyond it nothing more is read from it...
    static let backlogBeforePause = 1 << 20
    /// ... and beyond this it is ended: it asks, and does not take the answers.
    static let backlog = 12 << 20
    /// Bytes of answers that are being received, beyond the first 64 KiB of each.
    static let responseRoom = 8 << 20
    /// The largest answer, in bytes.
    static let response = Int(KT_MAX_RESPONSE_BODY)
    /// The largest body of a request, in bytes.
    static let body = Int(KT_MAX_REQUEST_BODY)
    /// The time for an answer where the plugin gives none, and the longest that it may give.
    static let requestTime = (usual: Int64(KT_REQUEST_TIME_MS), longest: Int64(KT_MAX_REQUEST_TIME_MS))
    /// Calls that one process has at a time: more than there are connections, so that one is in use while another call thinks
    /// about its answer.
    static let calls = Int(KT_MAX_CALLS)
    /// How long a library may take to load and open.
    static let openTime: Duration = .milliseconds(KT_OPEN_TIME_MS)
    /// How long a call may go on once it was asked to stop.
    static let cancelTime: Duration = .milliseconds(KT_CANCEL_TIME_MS)
    /// How long closing may take.
    static let closeTime: Duration = .milliseconds(KT_CLOSE_TIME_MS)
    /// The longest wait that a pusher is believed to have been asked for. Longer ones are asked about again.
    static let retryAfter: Duration = .milliseconds(KT_MAX_RETRY_AFTER_MS)

    /// Bytes of a report's message, of a log line, and of a place's name.
    static let (message, line, place) = (Int(KT_MAX_MESSAGE), Int(KT_MAX_LOG_LINE), Int(KT_MAX_PLACE_NAME))
    /// Bytes of a key ID, and of a time.
    static let (keyID, time) = (Int(KT_MAX_KEY_ID), Int(KT_MAX_TIME_TEXT))

    /// Bytes of the texts of what one call finds.
    static let foundBytesPerCall = 8 << 20
    /// Names of one place.
    static let names = 64
    /// Bytes of a field of a place.
    static let fields = Int(KT_MAX_PLACE_FIELDS)

    /// Requests of an hour.
    static let requestsPerHour = 250_000
    /// Bytes of requests of an hour.
    static let requestBytesPerHour = 4 << 30
    /// Log lines of an hour.
    static let linesPerHour = 2_000
    /// Bytes of log lines of an hour.
    static let lineBytesPerHour = 256 << 10
    /// Lines about refused requests in an hour.
    static let refusalLinesPerHour = 100
    /// Messages that ask for nothing useful (log lines beyond the bound, refused requests) of an hour, after which a process is
    /// ended each time it begins again.
    static let nuisancesPerHour = 20_000
    /// Threads of its process: one for each call in progress, and what its plugin may want besides. The kernel has no such limit for a
    /// process, so it is looked at from time to time.
    static let threads = Int(KT_MAX_THREADS)
    /// How often that is.
    static let threadsInterval: Duration = .milliseconds(200)
    /// Starts of its process in an hour.
    static let startsPerHour = 600
}

/// Counts what happens within an hour, up to a bound.
struct HourlyCount {
    private let limit: Int
    private var count = 0
    private var end: ContinuousClock.Instant?
    private var hasSaid = false

    init(limit: Int) { self.limit = limit }

    /// Counts one, or that many.
    ///
    /// - Returns: false where the hour's bound is reached.
    mutating func take(_ amount: Int = 1, at now: ContinuousClock.Instant = .now) -> Bool {
        if end.map({ now >= $0 }) ?? true { (count, end, hasSaid) = (0, now + .seconds(3_600), false) }
        guard count + amount <= limit else { return false }
        count += amount
        return true
    }

    /// True once an hour: whoever says that the bound is reached says so once.
    mutating func isFirstRefusal() -> Bool {
        defer { hasSaid = true }
        return !hasSaid
    }
}
