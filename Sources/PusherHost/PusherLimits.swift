/// What one pusher may do to keyturn: every bound on what its process sends and asks for, in one place. They stand on the host's
/// side of the socket, since what stands in the runner is the plugin's to change.
enum PusherLimits {
    /// Requests of one call, as the ABI's header says.
    static let requestsPerCall = 256
    /// Bytes of header fields and bodies of one call's requests.
    static let requestBytesPerCall = 8 << 20
    /// Requests of one call under way at once. The ABI has one; a plugin's threads may overlap by a few.
    static let requestsAtOncePerCall = 4
    /// Bytes of requests under way of the whole pusher. Beyond it nothing more is read from its process.
    static let requestBytesAtOnce = 4 << 20
    /// Bytes that wait to be read by its process. Beyond it nothing more is read from it...
    static let backlogBeforePause = 1 << 20
    /// ... and beyond this it is ended: it asks, and does not take the answers.
    static let backlog = 12 << 20
    /// Bytes of answers that are being received, beyond the first 64 KiB of each.
    static let responseRoom = 8 << 20
    /// The largest answer, in bytes.
    static let response = 4 << 20

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
    /// Threads of its process: one for each call under way, and what its plugin may want besides. The kernel has no such limit for a
    /// process, so it is looked at from time to time.
    static let threads = 256
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
