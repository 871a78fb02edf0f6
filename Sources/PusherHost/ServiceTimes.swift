internal import Glibc
internal import HTTP

/// The times that one answer of a service names, as waits from now on. A service may say anything, so each has a bound; past it
/// the service is asked again.
struct ServiceTimes {
    /// The longest wait that is believed. Longer documented ones end within it, too: Travis CI's ban is an hour, GitHub's limits
    /// begin again each hour.
    static let longest: Duration = .seconds(3_600)

    /// How long it asks to wait; nil: it does not say, or not in a form that can be read.
    let retryAfter: Duration?
    /// The service's own clock, in seconds since 1970; this machine's where the answer does not say.
    private let now: Int

    /// - Parameter fields: the header fields of the answer, names in lower case.
    init(_ fields: [String: String]) {
        let ours = time(nil)
        // A proxy's or a broken clock is no better than this machine's.
        let theirs = fields["date"].flatMap { HTTPDate.seconds($0) }
        now = theirs ?? ours
        retryAfter = fields["retry-after"].flatMap { [now] text in
            if let seconds = Double(text), seconds.isFinite { return Self.bounded(seconds.rounded(.up)) }
            return HTTPDate.seconds(text).map { Self.bounded(Double($0) - Double(now)) }
        }
    }

    /// How long it is until a limit begins again.
    ///
    /// - Parameter reset: seconds since 1970, as GitHub and GitLab say it; milliseconds, or seconds from now, as others do.
    func wait(untilReset reset: Int) -> Duration {
        let reset = Double(reset)
        if reset < 1_000_000_000 { return Self.bounded(reset) }
        let seconds = reset > 100_000_000_000 ? reset / 1_000 : reset
        return Self.bounded(seconds - Double(now) + 1)
    }

    private static func bounded(_ seconds: Double) -> Duration {
        min(longest, .seconds(max(0, min(seconds, 1_000_000))))
    }
}
