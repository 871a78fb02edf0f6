/// A line of a file in the format that AWS's tools read, by the rules of Python's `configparser`.
struct IniLine {
    enum Kind {
        /// Blank, or a comment.
        case nothing
        /// `[name]`
        case header
        /// `name = value` or `name: value`
        case setting
        /// A line further in than the setting before it, to which it belongs.
        case continuation
        /// Anything else.
        case stray
    }

    let kind: Kind
    /// The whole line, with its end.
    let bytes: Slice<UnsafeRawBufferPointer>
    /// The section's or the setting's name; of a continuation, that of the setting which it belongs to.
    var name: Slice<UnsafeRawBufferPointer>
    var value: Slice<UnsafeRawBufferPointer>
    /// How far in it begins.
    let indent: Int

    /// More lines than that are no credentials file: services hold 64 KiB at most.
    private static let mostLines = 4_000

    static func lines(of file: UnsafeRawBufferPointer) -> [IniLine] {
        var lines: [IniLine] = []
        var rest = Slice(base: file, bounds: file.startIndex..<file.endIndex)
        // The setting that lines further in belong to, and how far in it is itself.
        var open: (name: Slice<UnsafeRawBufferPointer>, indent: Int)?
        var hasSection = false
        while !rest.isEmpty, lines.count < mostLines {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            var line = IniLine(rest[..<end])
            rest = rest[end...]
            if line.kind == .nothing {
                lines.append(line)
                continue
            }
            if let setting = open, line.indent > setting.indent {
                line = IniLine(.continuation, line, name: setting.name)
            } else if line.kind == .header {
                hasSection = true
                open = nil
            } else if line.kind == .setting, hasSection {
                open = (line.name, line.indent)
            } else {
                line = IniLine(.stray, line, name: line.name)
            }
            lines.append(line)
        }
        return lines
    }

    private init(_ kind: Kind, _ line: IniLine, name: Slice<UnsafeRawBufferPointer>) {
        self.kind = kind
        bytes = line.bytes
        self.name = name
        value = line.value
        indent = line.indent
    }

    /// A line by itself, whatever is before it.
    private init(_ bytes: Slice<UnsafeRawBufferPointer>) {
        self.bytes = bytes
        let text = trimmed(bytes)
        indent = bytes.distance(from: bytes.startIndex, to: text.startIndex)
        (name, value) = (text, text[text.endIndex...])
        switch text.first {
        case nil, UInt8(ascii: "#"), UInt8(ascii: ";"):
            kind = .nothing
        case UInt8(ascii: "["):
            guard let end = text.lastIndex(of: UInt8(ascii: "]")), end > text.startIndex + 1 else {
                kind = .stray
                return
            }
            kind = .header
            name = text[(text.startIndex + 1)..<end]
        default:
            guard let sign = text.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }),
                sign > text.startIndex
            else {
                kind = .stray
                return
            }
            kind = .setting
            name = trimmed(text[..<sign])
            value = trimmed(text[(sign + 1)...])
        }
    }
}

private func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    func isBlank(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
    guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
    else { return text[text.endIndex...] }
    return text[first...last]
}
