/// The time of an RFC 3339 text, as in `2026-11-22T10:00:00Z` or `2026-11-22T10:00:00.123+02:00`, or nil where it is none.
public func rfc3339(_ text: String) -> Timestamp? {
    var rest = text.utf8[...]
    guard let year = number(&rest, digits: 4), take("-", &rest), let month = number(&rest, digits: 2), take("-", &rest),
        let day = number(&rest, digits: 2), take("T", &rest) || take("t", &rest),
        let hour = number(&rest, digits: 2), take(":", &rest), let minute = number(&rest, digits: 2), take(":", &rest),
        let second = number(&rest, digits: 2)
    else { return nil }
    var time = CalendarTime(year: year, month: month, day: day)
    (time.hour, time.minute, time.second) = (hour, minute, second)
    var milliseconds: Int64 = 0
    if take(".", &rest) {
        let digits = rest.prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        for index in 0..<3 {
            let digit = digits.dropFirst(index).first.map { Int64($0 - UInt8(ascii: "0")) } ?? 0
            milliseconds = milliseconds * 10 + digit
        }
        rest = rest[digits.endIndex...]
    }
    guard let offset = offset(&rest), rest.isEmpty, let moment = time.timestamp else { return nil }
    return moment + .milliseconds(milliseconds) - .seconds(offset)
}

/// The time of an HTTP date (RFC 9110, section 5.6.7), as in `Sun, 06 Nov 1994 08:49:37 GMT`, or nil where it is none.
public func httpDate(_ text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let index = months.firstIndex(of: String(parts[2])) else { return nil }
    return rfc3339("\(parts[3])-\(twoDigits(Int64(index + 1)))-\(parts[1])T\(parts[4])Z")
}

/// The time of what GitHub writes as `2026-12-01 10:00:00 UTC` or `2026-12-01 10:00:00 +0200`, or nil where it is none.
public func spacedDate(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    guard parts.count == 3 else { return nil }
    if parts[2] == "UTC" || parts[2] == "GMT" { return rfc3339("\(parts[0])T\(parts[1])Z") }
    guard parts[2].utf8.count == 5 else { return nil }
    return rfc3339("\(parts[0])T\(parts[1])\(parts[2].prefix(3)):\(parts[2].suffix(2))")
}

/// A moment by its seconds since 1970, with a fraction, as AWS's JSON has it; nil where it is none of these centuries.
public func epochDate(_ seconds: Double) -> Timestamp? {
    guard seconds > 0, seconds < 1e11 else { return nil }
    return Timestamp(milliseconds: Int64(seconds * 1_000))
}

/// The time as RFC 3339 in UTC, to the second.
public func rfc3339Text(_ moment: Timestamp) -> String {
    let time = CalendarTime(moment)
    let year = String(time.year)
    let zeros = String(repeating: "0", count: max(0, 4 - year.utf8.count))
    return "\(zeros)\(year)-\(twoDigits(time.month))-\(twoDigits(time.day))"
        + "T\(twoDigits(time.hour)):\(twoDigits(time.minute)):\(twoDigits(time.second))Z"
}

/// What a check says of a token that ends within two weeks; nil where it lasts longer.
///
/// - Parameters:
///   - end: when the token ends.
///   - now: the time.
public func expiryWarning(_ end: Timestamp, now: Timestamp) -> String? {
    let seconds = (end - now).components.seconds
    guard seconds < 14 * 86_400 else { return nil }
    let day = rfc3339Text(end)
    guard end > now else { return "; the token expired at \(day): make a new one" }
    let left = seconds < 2 * 86_400 ? "\(seconds / 3_600) hours" : "\(seconds / 86_400) days"
    return "; the token expires in \(left), at \(day): make a new one before that"
}

private func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func number(_ text: inout Substring.UTF8View, digits: Int) -> Int64? {
    let found = text.prefix(digits)
    guard found.count == digits, found.allSatisfy(isDigit) else { return nil }
    text = text.dropFirst(digits)
    return found.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
}

private func take(_ character: Unicode.Scalar, _ text: inout Substring.UTF8View) -> Bool {
    guard text.first == UInt8(ascii: character) else { return false }
    text = text.dropFirst()
    return true
}

/// Seconds that a time of day is ahead of UTC.
private func offset(_ text: inout Substring.UTF8View) -> Int64? {
    if take("Z", &text) || take("z", &text) { return 0 }
    let isAhead = take("+", &text)
    guard isAhead || take("-", &text), let hours = number(&text, digits: 2), take(":", &text),
        let minutes = number(&text, digits: 2), hours < 24, minutes < 60
    else { return nil }
    return (isAhead ? 1 : -1) * (hours * 3_600 + minutes * 60)
}
