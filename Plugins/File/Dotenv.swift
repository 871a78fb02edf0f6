import PusherKit

/// Two variables in a file of `NAME=VALUE` lines, as shells, Docker and most languages read them.
struct Dotenv: Sendable {
    let accessKeyID: String
    let secretAccessKey: String

    /// A letter or underscore, then letters, digits and underscores.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy(DotenvEntry.isOfName)
    }

    /// A variable's value; nil: it is not there.
    func value(_ name: String, in file: SecretBytes) -> SecretBytes? {
        file.withBytes { bytes in
            DotenvEntry.entries(of: bytes)?.first { $0.isNamed(name) }.map { $0.plainValue(in: bytes) }
        }
    }

    /// Why the pair cannot be put into a file, in words; nil: it can.
    func problem(in file: SecretBytes) -> String? {
        file.withBytes { bytes in
            guard let entries = DotenvEntry.entries(of: bytes) else {
                return "a quoted value in it has no end, or it has too many lines"
            }
            for name in [accessKeyID, secretAccessKey] where entries.count(where: { $0.isNamed(name) }) > 1 {
                return "\(name) is in it more than once: delete the others"
            }
            return nil
        }
    }

    /// The file with the two values, and everything else as it was: order, comments, other variables, `export`.
    func contents(keyID: SecretBytes, secret: SecretBytes, keeping old: SecretBytes) -> SecretBytes {
        old.withBytes { bytes in
            var builder = SecretBuilder()
            var position = 0
            var missing = [(accessKeyID, keyID), (secretAccessKey, secret)]
            for entry in DotenvEntry.entries(of: bytes) ?? [] {
                guard let index = missing.firstIndex(where: { entry.isNamed($0.0) }) else { continue }
                builder.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<entry.value.lowerBound]))
                builder.append(Self.quoted(missing.remove(at: index).1))
                position = entry.value.upperBound
            }
            builder.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position...]))
            if !missing.isEmpty, let last = bytes.last, last != UInt8(ascii: "\n") {
                builder.append(contentsOf: "\n".utf8)
            }
            for (name, value) in missing {
                builder.append(contentsOf: "\(name)=".utf8)
                builder.append(Self.quoted(value))
                builder.append(contentsOf: "\n".utf8)
            }
            return builder.bytes()
        }
    }

    /// As it is where no reader could see more in it: so are AWS's keys. Otherwise in quotes, which Docker would take for a part of it.
    private static func quoted(_ value: SecretBytes) -> SecretBytes {
        let isPlain = value.withBytes { $0.allSatisfy { DotenvEntry.isOfName($0) || "/+=.:-".utf8.contains($0) } }
        if isPlain { return value }
        var builder = SecretBuilder()
        builder.append(contentsOf: "\"".utf8)
        value.withBytes { bytes in
            for byte in bytes {
                if "\"\\$`".utf8.contains(byte) { builder.append(contentsOf: "\\".utf8) }
                builder.append(contentsOf: CollectionOfOne(byte))
            }
        }
        builder.append(contentsOf: "\"".utf8)
        return builder.bytes()
    }
}

/// One variable of such a file: where its name and its value are, quotes included.
struct DotenvEntry {
    let name: Slice<UnsafeRawBufferPointer>
    let value: Range<Int>

    /// More lines than that are no file of variables.
    private static let mostLines = 4_000

    static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    func isNamed(_ other: String) -> Bool { name.elementsEqual(other.utf8) }

    /// The variables of a file, in order; nil where a quoted value has no end.
    static func entries(of file: UnsafeRawBufferPointer) -> [DotenvEntry]? {
        var entries: [DotenvEntry] = []
        var position = 0
        var lines = 0
        while position < file.count {
            lines += 1
            guard lines <= mostLines else { return nil }
            guard let start = assignment(file, position) else {
                position = endOfLine(file, position) + 1
                continue
            }
            guard let value = valueRange(file, start.value) else { return nil }
            entries.append(DotenvEntry(name: file[start.name], value: value))
            position = endOfLine(file, value.upperBound) + 1
        }
        return entries
    }

    /// `NAME=` or `export NAME=`, and where its value begins; nil: the line is something else.
    private static func assignment(
        _ file: UnsafeRawBufferPointer, _ start: Int
    ) -> (name: Range<Int>, value: Int)? {
        var position = skipBlanks(file, start)
        let export = Array("export".utf8)
        if file[position...].starts(with: export), position + export.count < file.count,
            isBlank(file[position + export.count])
        {
            position = skipBlanks(file, position + export.count)
        }
        let end = file[position...].firstIndex { !isOfName($0) } ?? file.count
        let sign = skipBlanks(file, end)
        guard end > position, sign < file.count, file[sign] == UInt8(ascii: "=") else { return nil }
        return (position..<end, skipBlanks(file, sign + 1))
    }

    /// The value from there, which may be in quotes, over several lines; nil: its quotes do not end.
    private static func valueRange(_ file: UnsafeRawBufferPointer, _ start: Int) -> Range<Int>? {
        guard start < file.count else { return start..<start }
        let quote = file[start]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            var end = endOfLine(file, start)
            // A comment begins behind a blank.
            if let comment = (start..<end).first(where: {
                file[$0] == UInt8(ascii: "#") && ($0 == start || isBlank(file[$0 - 1]))
            }) {
                end = comment
            }
            while end > start, isBlank(file[end - 1]) || file[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            return start..<end
        }
        var position = start + 1
        while position < file.count, file[position] != quote {
            let isEscape = file[position] == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"")
            position += isEscape ? 2 : 1
        }
        return position < file.count ? start..<(position + 1) : nil
    }

    /// The value as programs see it.
    func plainValue(in file: UnsafeRawBufferPointer) -> SecretBytes {
        let raw = UnsafeRawBufferPointer(rebasing: file[value])
        guard let quote = raw.first, raw.count >= 2, raw.last == quote, "\"'".utf8.contains(quote) else {
            return SecretBytes(copying: raw)
        }
        let inside = UnsafeRawBufferPointer(rebasing: raw[1..<(raw.count - 1)])
        guard quote == UInt8(ascii: "\"") else { return SecretBytes(copying: inside) }
        var builder = SecretBuilder()
        var isEscaped = false
        for byte in inside {
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { builder.append(contentsOf: CollectionOfOne(byte)) }
        }
        return builder.bytes()
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func skipBlanks(_ file: UnsafeRawBufferPointer, _ start: Int) -> Int {
        file[start...].firstIndex { !isBlank($0) } ?? file.count
    }

    private static func endOfLine(_ file: UnsafeRawBufferPointer, _ start: Int) -> Int {
        file[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.count
    }
}
