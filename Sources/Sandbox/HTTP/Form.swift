import FoundationEssentials

/// Query strings and the two encodings of HTML forms.
enum Form {
    /// Decodes `a=1&b=x+y`; names and values that are no UTF-8 are kept as they came.
    static func decode(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (unescape(parts[0]), parts.count > 1 ? unescape(parts[1]) : "")
        }
    }

    /// Decodes `multipart/form-data`; nil when the boundary is missing. Parts without a name are left out.
    static func decodeMultipart(_ body: Data, contentType: String) -> [(name: String, value: String)]? {
        guard let boundary = parameter("boundary", of: contentType) else { return nil }
        // The fields of these services are text; a file's bytes have no place in them.
        let text = String(decoding: body, as: UTF8.self)
        return text.split(separator: "--" + boundary, omittingEmptySubsequences: false).compactMap { part in
            guard let end = part.firstRange(of: "\r\n\r\n") else { return nil }
            let head = part[..<end.lowerBound].split(separator: "\r\n")
            let disposition = head.first { $0.lowercased().hasPrefix("content-disposition:") } ?? ""
            guard let name = parameter("name", of: String(disposition)) else { return nil }
            let value = part[end.upperBound...]
            return (name, String(value.hasSuffix("\r\n") ? value.dropLast() : value))
        }
    }

    private static func unescape(_ text: Substring) -> String {
        let spaced = text.replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? String(spaced)
    }

    private static func parameter(_ name: String, of header: String) -> String? {
        for field in header.split(separator: ";") {
            let parts = field.trimmed.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name {
                return parts[1].unquoted
            }
        }
        return nil
    }
}
