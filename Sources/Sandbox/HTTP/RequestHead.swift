import FoundationEssentials

/// The request line and the fields of a request of HTTP/1.1: RFC 9112.
struct RequestHead: Sendable {
    let method: String
    /// The path as it was sent.
    let path: String
    /// What follows the question mark, as it was sent.
    let query: String
    /// By names in lower case; fields of one name are joined, as RFC 9110, section 5.3 allows.
    let fields: [String: String]
    /// Bytes of body that follow.
    let length: Int
    /// Whether the client may send another request on this connection.
    let isKept: Bool

    /// Whether the client waits with the body until it is asked for it.
    var expectsContinue: Bool { fields["expect"]?.lowercased() == "100-continue" && length > 0 }

    /// - Parameter bytes: what comes before the empty line. Nil: it is not a request, or its body has no length.
    init?(_ bytes: Data) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let words = (lines.popFirst() ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0].allSatisfy({ $0.isASCII && $0.isLetter }), !words[0].isEmpty,
            words[1].hasPrefix("/"), words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0"
        else { return nil }
        var fields: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
            let name = line[..<colon].lowercased()
            let value = String(line[line.index(after: colon)...]).trimmed
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
        // Chunks have no length beforehand; no client of these services sends them.
        guard fields["transfer-encoding"] == nil, let length = Int(fields["content-length"] ?? "0"), length >= 0 else {
            return nil
        }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        (method, path, query) = (String(words[0]), String(target[0]), target.count > 1 ? String(target[1]) : "")
        (self.fields, self.length) = (fields, length)
        let wish = fields["connection"]?.lowercased()
        isKept = words[2] == "HTTP/1.1" ? wish != "close" : wish == "keep-alive"
    }
}
