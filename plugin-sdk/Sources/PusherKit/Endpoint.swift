/// The base URL of a service: `https://gitlab.example.com/gitlab`, with or without a slash at its end.
public struct Endpoint: Sendable, Equatable, CustomStringConvertible {
    /// The URL, without a slash at its end.
    public let description: String

    /// Makes an endpoint, or nil where the text is not an absolute http or https URL with a host, or has a user, a
    /// query or a fragment. Whether plain http is allowed there is the host's to say.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard let scheme = ["https://", "http://"].first(where: text.lowercased().hasPrefix) else { return nil }
        guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }), !text.contains(where: { "?#@\\\"<>".contains($0) })
        else { return nil }
        var end = text.endIndex
        while end > text.startIndex, text[text.index(before: end)] == "/" { end = text.index(before: end) }
        let trimmed = text[..<end]
        guard let host = trimmed.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false).first,
            !host.isEmpty, !host.hasPrefix(":")
        else { return nil }
        description = String(trimmed)
    }

    /// The URL of a path below the endpoint, and a query.
    ///
    /// - Parameter segments: the path's segments, which are percent-encoded here: a slash in one becomes `%2F`.
    public func url(_ segments: [String], query: [(name: String, value: String)] = []) -> String {
        var url = description
        for segment in segments { url += "/" + percentEncoded(segment) }
        for (index, item) in query.enumerated() {
            url += (index == 0 ? "?" : "&") + percentEncoded(item.name) + "=" + percentEncoded(item.value)
        }
        return url
    }
}

extension Endpoint: JSONReadable {
    /// Reads a JSON string.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard let endpoint = Endpoint(try String(json: json)) else {
            throw json.wrong("not a base URL such as https://ci.example.com (no user, query or fragment)")
        }
        self = endpoint
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters, and a segment of dots, which would be a step up.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    let isDots = text == "." || text == ".."
    var encoded = ""
    for byte in text.utf8 {
        if isUnreserved(byte) && !isDots {
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            encoded.append("%")
            encoded.append(digits[Int(byte >> 4)])
            encoded.append(digits[Int(byte & 15)])
        }
    }
    return encoded
}

func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        true
    default:
        "-._~".utf8.contains(byte)
    }
}
