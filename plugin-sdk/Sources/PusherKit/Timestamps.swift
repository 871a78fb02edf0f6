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
