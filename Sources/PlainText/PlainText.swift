/// Texts from outside (plugins, services, files), made fit to be shown: on one line, with nothing that moves, hides or
/// reorders what is next to them, and no longer than they may be.
///
/// Every output has one place that passes its texts through here: the terminal, the log, JSON documents, metrics, the status
/// page and notifications. What plugins and services say is cleaned when it arrives as well, so that the state holds only
/// clean texts.
public enum PlainText {
    /// Combining marks that one character may carry. Written languages need two or three; a thousand paint over the lines
    /// above and below.
    private static let longestMarks = 4

    /// The text on one line: control characters become blanks, other characters that cannot be shown become U+FFFD, blanks in
    /// a row become one, and blanks at both ends are dropped.
    ///
    /// - Parameter limit: the most bytes of UTF-8 in the result, at least 4. A text that is cut ends with "…".
    public static func line(_ text: String, limit: Int) -> String {
        if isASCIILine(text, limit) { return text }
        var cleaned: [UInt8] = []
        cleaned.reserveCapacity(min(text.utf8.count, limit) + 4)
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = isMark(scalar) ? marks + 1 : 0
            if marks > longestMarks { continue }
            let shown = isControl(scalar) || isBlank(scalar) ? " " : isShowable(scalar) ? scalar : "\u{FFFD}"
            // Blanks in a row could put what follows at the beginning of a terminal's next line, like a line of its own.
            if shown == " ", cleaned.isEmpty || cleaned.last == 0x20 { continue }
            cleaned.append(contentsOf: UTF8.encode(shown) ?? UTF8.encodedReplacementCharacter)
            if cleaned.count > limit { break }
        }
        return String(decoding: cut(cleaned, to: limit), as: UTF8.self)
    }

    /// Whether the text is shown as it is: what ``line(_:limit:)`` would not change, but for blanks at its ends.
    public static func isShowable(_ text: String) -> Bool {
        var marks = 0
        return text.unicodeScalars.allSatisfy { scalar in
            marks = isMark(scalar) ? marks + 1 : 0
            return !isControl(scalar) && isShowable(scalar) && marks <= longestMarks
        }
    }

    /// Several lines, for a terminal or a page: as ``line(_:limit:)``, but line breaks and the escape sequences that `isOwn` knows
    /// stay. Without a bound: what is long was cut where it came in.
    ///
    /// - Parameter isOwn: whether keyturn itself writes the escape sequence, given as what follows `ESC [` with its last
    ///   letter.
    public static func lines(
        _ text: String, isOwn: (Substring.UnicodeScalarView) -> Bool = { _ in false }
    ) -> String {
        var text = text
        if text.withUTF8({ $0.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0A } }) { return text }
        var cleaned = String.UnicodeScalarView()
        var marks = 0
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            marks = isMark(scalar) ? marks + 1 : 0
            if scalar == "\u{1B}", let sequence = ownSequence(rest, isOwn) {
                cleaned.append(scalar)
                cleaned.append(contentsOf: rest[..<sequence])
                rest = rest[sequence...]
            } else if scalar == "\n" || (scalar == "\r" && rest.first == "\u{1B}") {
                cleaned.append(scalar)
            } else if marks <= longestMarks {
                cleaned.append(isControl(scalar) ? " " : isShowable(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return String(cleaned)
    }

    private static func ownSequence(
        _ rest: Substring.UnicodeScalarView, _ isOwn: (Substring.UnicodeScalarView) -> Bool
    ) -> String.Index? {
        guard rest.first == "[" else { return nil }
        let body = rest.dropFirst()
        // The longest of ours has a number of four digits.
        guard let last = body.prefix(6).firstIndex(where: { ("A"..."z").contains($0) }) else { return nil }
        let end = body.index(after: last)
        return isOwn(body[..<end]) ? end : nil
    }

    private static func isASCIILine(_ text: String, _ limit: Int) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var before = UInt8(ascii: " ")
            let isPlain = bytes.allSatisfy { byte in
                defer { before = byte }
                return 0x20...0x7E ~= byte && (byte != 0x20 || before != 0x20)
            }
            return isPlain && bytes.count <= limit && bytes.last != 0x20
        }
    }

    /// Cuts bytes at the end of a character, and drops blanks at the end.
    private static func cut(_ bytes: [UInt8], to limit: Int) -> ArraySlice<UInt8> {
        let mark = Array("…".utf8)
        var kept = bytes[...]
        if bytes.count > limit {
            var end = max(0, limit - mark.count)
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            kept = bytes[..<end] + mark
        }
        while kept.last == 0x20 { kept.removeLast() }
        return kept
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        // U+2028 and U+2029 break lines, too.
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar.value >= 0x80 && scalar.properties.generalCategory == .spaceSeparator
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x300 else { return false }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: return true
        default: return false
        }
    }

    /// Not shown: directions, zero widths, tags and other format characters (general category Cf), what means nothing
    /// everywhere (Co, Cn), and fillers that look like blanks but are letters.
    private static func isShowable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return true }
        switch scalar.properties.generalCategory {
        case .format, .privateUse, .unassigned, .surrogate, .control, .lineSeparator, .paragraphSeparator: return false
        default: break
        }
        // Hangul fillers, a Braille blank, and the variation selectors.
        switch scalar.value {
        case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x2800, 0x3164, 0xFE00...0xFE0F, 0xFFA0,
            0xE0100...0xE01EF:
            return false
        default: return true
        }
    }
}
