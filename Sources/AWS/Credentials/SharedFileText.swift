/// The text of one of the shared files, by the rules of Python's `configparser`, with which botocore reads them: a file that
/// botocore refuses is refused here, with the line. What is passed over in silence would be another identity.
///
/// The rules: `[name]` up to the last bracket; `name = value` or `name: value`, at the first of the two signs; a line further
/// in than the setting before it continues that one; comments on lines of their own; no section and no setting twice; what
/// `[DEFAULT]` says holds in every section.
struct SharedFileText {
    /// A line that cannot be read.
    struct Mistake: Error {
        var line: Int
        var words: String
    }

    /// One setting, by its places in the file's bytes.
    struct Setting {
        var section: String
        /// In lower case.
        var name: String
        var line: Int
        /// What is on its own line, and on those that continue it; blank lines in between count.
        var parts: [Range<Int>]
    }

    /// The names between brackets, in the file's order; `DEFAULT` is not among them.
    private(set) var sections: [String] = []
    /// In the file's order.
    private(set) var settings: [Setting] = []

    /// The name of the section that holds in all of them.
    static let defaults = "DEFAULT"

    /// - Parameter bytes: the file, in UTF-8.
    init(_ bytes: [UInt8]) throws(Mistake) {
        var reading = Reading()
        var start = 0
        var line = 0
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw Mistake(
                line: 1, words: "the file begins with a byte order mark, which AWS's tools do not take: remove it")
        }
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
            try take(bytes, start..<end, line, &reading)
            let isPair = end + 1 < bytes.count && bytes[end] == 0x0D && bytes[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
    }

    /// Where the reading is.
    private struct Reading {
        var section: String?
        /// Whether lines further in continue the last setting.
        var isOpen = false
        var indent = 0
    }

    private mutating func take(
        _ bytes: [UInt8], _ range: Range<Int>, _ line: Int, _ reading: inout Reading
    ) throws(Mistake) {
        guard let text = decoded(bytes[range]) else {
            throw Mistake(line: line, words: "there are bytes in it that are not UTF-8")
        }
        let (content, indent) = Blanks.trimmed(bytes, range)
        guard let first = content.first.map({ bytes[$0] }) else {
            if reading.isOpen { settings[settings.count - 1].parts.append(content) }
            return
        }
        if first == UInt8(ascii: "#") || first == UInt8(ascii: ";") { return }
        if reading.isOpen, indent > reading.indent {
            settings[settings.count - 1].parts.append(content)
            return
        }
        reading.indent = indent
        if let name = Self.header(bytes, content) {
            guard !sections.contains(name) else {
                throw Mistake(line: line, words: "the section [\(shown(name))] is there twice")
            }
            if name != Self.defaults { sections.append(name) }
            (reading.section, reading.isOpen) = (name, false)
            return
        }
        guard let section = reading.section else {
            throw Mistake(line: line, words: "there is a setting before the first [section]")
        }
        guard let sign = content.first(where: { bytes[$0] == UInt8(ascii: "=") || bytes[$0] == UInt8(ascii: ":") }),
            case let name = Blanks.trimmed(bytes, content.lowerBound..<sign).range, !name.isEmpty
        else {
            _ = text
            throw Mistake(line: line, words: "the line is not a [section], no setting (name = value) and no comment")
        }
        let setting = String(decoding: bytes[name], as: UTF8.self).lowercased()
        guard !settings.contains(where: { $0.section == section && $0.name == setting }) else {
            throw Mistake(line: line, words: "\(shown(setting)) is there twice in [\(shown(section))]")
        }
        let value = Blanks.trimmed(bytes, (sign + 1)..<content.upperBound).range
        settings.append(Setting(section: section, name: setting, line: line, parts: [value]))
        reading.isOpen = true
    }

    /// The name of a section, which goes to the last bracket of the line; nil where it is not a header.
    private static func header(_ bytes: [UInt8], _ content: Range<Int>) -> String? {
        guard bytes[content.lowerBound] == UInt8(ascii: "["),
            let end = content.last(where: { bytes[$0] == UInt8(ascii: "]") }), end > content.lowerBound + 1
        else { return nil }
        return String(decoding: bytes[(content.lowerBound + 1)..<end], as: UTF8.self)
    }

    private func decoded(_ bytes: ArraySlice<UInt8>) -> String? { String(validating: bytes, as: UTF8.self) }

    /// A name that came from the file, for a message.
    private func shown(_ name: String) -> String { String(name.prefix(64)) }
}

/// What Python's `str.strip` takes away, in UTF-8.
private enum Blanks {
    /// - Returns: the range without blanks at its ends, and how many characters stood before it.
    static func trimmed(_ bytes: [UInt8], _ range: Range<Int>) -> (range: Range<Int>, indent: Int) {
        var (start, end, indent) = (range.lowerBound, range.upperBound, 0)
        while start < end, case let length = length(bytes[start..<end]), length > 0 {
            start += length
            indent += 1
        }
        trimming: while end > start {
            for length in 1...min(3, end - start) where self.length(bytes[(end - length)..<end]) == length {
                end -= length
                continue trimming
            }
            break
        }
        return (start..<end, indent)
    }

    /// The length of the blank at the beginning; zero where there is none.
    private static func length(_ bytes: ArraySlice<UInt8>) -> Int {
        switch bytes[bytes.startIndex] {
        case 0x09...0x0D, 0x1C...0x20: return 1
        case 0xC2: return starts(bytes, [[0xC2, 0x85], [0xC2, 0xA0]]) ? 2 : 0
        case 0xE1: return starts(bytes, [[0xE1, 0x9A, 0x80]]) ? 3 : 0
        case 0xE2:
            let spaces = (0x80...0x8A).map { [0xE2, 0x80, UInt8($0)] }
            return starts(
                bytes, spaces + [[0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9], [0xE2, 0x80, 0xAF], [0xE2, 0x81, 0x9F]])
                ? 3 : 0
        case 0xE3: return starts(bytes, [[0xE3, 0x80, 0x80]]) ? 3 : 0
        default: return 0
        }
    }

    private static func starts(_ bytes: ArraySlice<UInt8>, _ candidates: [[UInt8]]) -> Bool {
        candidates.contains { bytes.starts(with: $0) }
    }
}
