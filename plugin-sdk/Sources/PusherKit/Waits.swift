import CKeyturnPusher

/// The longest pause that is believed: the longest that GitHub, GitLab and Travis CI document is an hour. A longer one is a
/// mistake of the service's, and would leave a half-written pair for as long.
private let longestWait = Int64(KT_MAX_RETRY_AFTER_MS) / 1_000

/// A pause of that length, kept between zero and an hour, so that a strange answer cannot stop a target for good.
public func bounded(seconds: Int64) -> Duration {
    .seconds(min(max(seconds, 0), longestWait))
}

extension HTTPResponse {
    /// How long the service asks to wait with `Retry-After`: seconds, whole or not, a date, or a time since 1970 in seconds
    /// or milliseconds. Nil where it cannot be read, or is not there.
    public var retryAfter: Duration? { header("retry-after").flatMap(wait) }

    /// How long until a rate limit that is used up is reset, by the header fields that services use for that. Nil where
    /// they are not there, or say that the limit is not used up.
    public var limitReset: Duration? {
        for prefix in ["x-ratelimit-", "ratelimit-", "x-rate-limit-"] {
            if let remaining = header("\(prefix)remaining"), remaining != "0" { continue }
            for name in ["reset", "resettime"] {
                if let wait = header(prefix + name).flatMap(wait) { return wait }
            }
        }
        return nil
    }

    /// The wait that a text asks for, in any of the forms that services use.
    private func wait(_ text: String) -> Duration? {
        let text = oneLine(text, limit: 64)
        if let number = roundedUp(text) {
            // No one asks for thirty years: a number that large is a time since 1970.
            if number < 1_000_000_000 { return bounded(seconds: number) }
            // One second more, for it is cut to seconds as well as the time that it is compared with.
            let moment = Timestamp(milliseconds: number < 100_000_000_000 ? number * 1_000 : number)
            return until(moment + .seconds(1))
        }
        return (anyDate(text) ?? rfc3339(text)).map(until)
    }

    /// The time until a moment by the service's own clock; by the host's where the service does not give it.
    private func until(_ moment: Timestamp) -> Duration {
        let (seconds, attoseconds) = (moment - (header("date").flatMap(httpDate) ?? receivedAt)).components
        return bounded(seconds: max(seconds + (attoseconds > 0 ? 1 : 0), 1))
    }
}

/// A decimal number that is not negative, as the next whole one; nil where the text is none. More than a time in milliseconds
/// can need counts as that.
private func roundedUp(_ text: String) -> Int64? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.contains(where: { !$0.isEmpty }),
        parts.allSatisfy({ $0.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } })
    else { return nil }
    let whole = parts[0].reduce(Int64(0)) { min($0 * 10 + Int64($1 - UInt8(ascii: "0")), 1_000_000_000_000_000) }
    return whole + (parts.count == 2 && parts[1].contains { $0 != UInt8(ascii: "0") } ? 1 : 0)
}

/// The three forms of RFC 9110, section 5.6.7, of which two are obsolete and still sent.
private func anyDate(_ text: String) -> Timestamp? {
    if let date = httpDate(text) { return date }
    let parts = text.split { $0 == " " || $0 == "-" }.map(String.init)
    // Sunday, 06-Nov-94 08:49:37 GMT
    if parts.count == 6, parts[5] == "GMT", let year = Int(parts[3]), parts[3].utf8.count == 2 {
        return httpDate("\(parts[0]) \(parts[1]) \(parts[2]) \(year < 70 ? 2000 + year : 1900 + year) \(parts[4]) GMT")
    }
    // Sun Nov  6 08:49:37 1994
    if parts.count == 5, let day = Int(parts[2]) {
        return httpDate("\(parts[0]), \(day < 10 ? "0\(day)" : "\(day)") \(parts[1]) \(parts[4]) \(parts[3]) GMT")
    }
    return nil
}
