internal import PlainText

/// Text that is HTML already: whatever else goes into it is escaped on the way.
struct HTML: ExpressibleByStringInterpolation {
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ html: HTML) { text += html.text }
        mutating func appendInterpolation(_ number: Int) { text += "\(number)" }
        mutating func appendInterpolation(_ plain: String) { text += HTML.escaped(plain) }
    }

    var text: String

    init(stringLiteral value: String) { text = value }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// A whole page.
    ///
    /// - Parameter refresh: after how many seconds it is asked for again; 0: never.
    static func document(title: String, refresh: Int, _ body: HTML) -> HTML {
        let again: HTML = refresh > 0 ? "<meta http-equiv=\"refresh\" content=\"\(refresh)\">\n" : ""
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            \(again)<title>\(title)</title>
            <link rel="stylesheet" href="/style.css">
            </head>
            <body>
            \(body)</body>
            </html>

            """
    }

    /// A sentence for people: what is in `backticks`, as the program's messages have commands and names, is code.
    static func prose(_ sentence: String) -> HTML {
        let parts = sentence.split(separator: "`", omittingEmptySubsequences: false)
        // One that is not closed is a character like any other.
        guard parts.count > 1, parts.count % 2 == 1 else { return "\(sentence)" }
        var html: HTML = ""
        for (index, part) in parts.enumerated() {
            html += index % 2 == 0 ? "\(String(part))" : "<code>\(String(part))</code>"
        }
        return html
    }

    /// The same, ended: what follows is another sentence.
    static func sentence(_ words: String) -> HTML {
        prose(words.last.map { ".?!".contains($0) } == true ? words : words + ".")
    }

    static func += (left: inout HTML, right: HTML) { left.text += right.text }

    /// What a text looks like in an element or a quoted attribute.
    static func escaped(_ plain: String) -> String {
        guard plain.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 > 0x7F || "&<>\"'".utf8.contains($0) }) else {
            return plain
        }
        return PlainText.lines(plain).unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n": escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
