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
