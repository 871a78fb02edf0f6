public import FoundationEssentials

/// The time of an RFC 3339 text, as in `2026-11-22T10:00:00Z`, or nil where it is none.
public func rfc3339(_ text: String) -> Date? {
    let plain = Date.ISO8601FormatStyle()
    return (try? plain.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
}

/// The time of an HTTP date (RFC 9110, section 5.6.7), as in `Sun, 06 Nov 1994 08:49:37 GMT`, or nil where it is none.
public func httpDate(_ text: String) -> Date? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let index = months.firstIndex(of: String(parts[2])) else { return nil }
    let month = index < 9 ? "0\(index + 1)" : "\(index + 1)"
    return rfc3339("\(parts[3])-\(month)-\(parts[1])T\(parts[4])Z")
}

/// The time of what GitHub writes as `2026-12-01 10:00:00 UTC` or `2026-12-01 10:00:00 +0200`, or nil where it is none.
public func spacedDate(_ text: String) -> Date? {
    let parts = text.split(separator: " ")
    guard parts.count == 3 else { return nil }
    if parts[2] == "UTC" || parts[2] == "GMT" { return rfc3339("\(parts[0])T\(parts[1])Z") }
    guard parts[2].utf8.count == 5 else { return nil }
    return rfc3339("\(parts[0])T\(parts[1])\(parts[2].prefix(3)):\(parts[2].suffix(2))")
}

/// The time as RFC 3339 in UTC, to the second.
public func rfc3339Text(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle())
}

/// What a check says of a token that ends within two weeks; nil where it lasts longer.
///
/// - Parameters:
///   - end: when the token ends.
///   - now: the time.
public func expiryWarning(_ end: Date, now: Date) -> String? {
    let seconds = end.timeIntervalSince(now)
    guard seconds < 14 * 86_400 else { return nil }
    let day = rfc3339Text(end)
    guard seconds > 0 else { return "; the token expired at \(day): make a new one" }
    let left = seconds < 2 * 86_400 ? "\(Int(seconds / 3_600)) hours" : "\(Int(seconds / 86_400)) days"
    return "; the token expires in \(left), at \(day): make a new one before that"
}
