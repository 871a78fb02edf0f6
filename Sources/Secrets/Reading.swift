/// One way to read a text: as it is, unescaped, or as what it encodes. Each byte knows the bytes of the text that it comes from.
struct Reading {
    /// What is read.
    private(set) var bytes: [UInt8] = []
    /// Where the text of each byte begins.
    private(set) var starts: [Int] = []
    /// Where it ends.
    private(set) var ends: [Int] = []

    /// How often a text is read: as it is, and escaped up to three times (`%252F` is twice).
    private static let levels = 4

    /// The text as it is and unescaped (`%2F`, `\u002f`, `\x2f`, `\/`, `&#47;`), and each of these in hexadecimal at both places
    /// where a pair of digits can begin, and in base64 at all four.
    static func all(of text: [UInt8]) -> [Reading] {
        var readings: [Reading] = []
        var level = Reading(text)
        for _ in 0..<levels {
            readings.append(level)
            for skipped in 0..<2 { readings.append(level.decoded(skipping: skipped, bits: 4, value: hexadecimal)) }
            for skipped in 0..<4 { readings.append(level.decoded(skipping: skipped, bits: 6, value: base64)) }
            let next = level.unescaped()
            guard next.bytes.count < level.bytes.count else { break }
            level = next
        }
        return readings
    }

    /// A text as it is.
    private init(_ text: [UInt8]) {
        bytes = text
        starts = Array(text.indices)
        ends = text.indices.map { $0 + 1 }
    }

    private init() {}

    private mutating func append(_ byte: UInt8, _ start: Int, _ end: Int) {
        bytes.append(byte)
        starts.append(start)
        ends.append(end)
    }

    // MARK: Digits

    /// What runs of digits encode. Line breaks within a run count for nothing. Between runs there is a zero byte, so that
    /// nothing is found across them.
    private func decoded(skipping skipped: Int, bits: Int, value: (UInt8) -> Int?) -> Reading {
        var decoded = Reading()
        var index = 0
        while index < bytes.count {
            let (end, digits) = run(from: index, value)
            // Of ordinary words nothing is decoded: they are too short to hold a piece.
            if (digits - skipped) * bits >= SecretPieces.shortest * 8 {
                if !decoded.bytes.isEmpty { decoded.append(0, starts[index], ends[index]) }
                append(index..<end, to: &decoded, skipping: skipped, bits: bits, value: value)
            }
            index = max(end, index + 1)
        }
        return decoded
    }

    /// What one run of digits encodes.
    private func append(
        _ run: Range<Int>, to decoded: inout Reading, skipping skipped: Int, bits: Int, value: (UInt8) -> Int?
    ) {
        var (left, collected, count) = (skipped, 0, 0)
        // Where the digits that are collected begin.
        var first = 0
        for index in run {
            guard let digit = value(bytes[index]) else { continue }
            guard left == 0 else {
                left -= 1
                continue
            }
            if count == 0 { first = index }
            collected = (collected << bits | digit) & 0xFFFF
            count += bits
            guard count >= 8 else { continue }
            count -= 8
            decoded.append(UInt8(truncatingIfNeeded: collected >> count), starts[first], ends[index])
            first = index
        }
    }

    /// Where a run of digits ends, and how many it has.
    private func run(from start: Int, _ value: (UInt8) -> Int?) -> (end: Int, digits: Int) {
        var (index, digits) = (start, 0)
        while index < bytes.count {
            if value(bytes[index]) != nil {
                digits += 1
            } else if bytes[index] != 0x0A, bytes[index] != 0x0D {
                break
            }
            index += 1
        }
        return (index, digits)
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// Of both alphabets of RFC 4648.
    private static func base64(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x41...0x5A: Int(byte) - 0x41
        case 0x61...0x7A: Int(byte) - 0x61 + 26
        case 0x30...0x39: Int(byte) - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }

    // MARK: Escapes

    private func unescaped() -> Reading {
        var unescaped = Reading()
        var index = 0
        while index < bytes.count {
            let (byte, length) = escape(at: index) ?? (bytes[index], 1)
            unescaped.append(byte, starts[index], ends[index + length - 1])
            index += length
        }
        return unescaped
    }

    /// The byte that an escape means, and how long it is; nil: there is none.
    private func escape(at index: Int) -> (byte: UInt8, length: Int)? {
        switch bytes[index] {
        case UInt8(ascii: "%"): return number(at: index + 1, digits: 2, radix: 16).map { ($0, 3) }
        case UInt8(ascii: "\\") where index + 1 < bytes.count:
            switch bytes[index + 1] {
            case UInt8(ascii: "u"): return number(at: index + 2, digits: 4, radix: 16).map { ($0, 6) }
            case UInt8(ascii: "x"): return number(at: index + 2, digits: 2, radix: 16).map { ($0, 4) }
            case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"):
                return (bytes[index + 1], 2)
            case UInt8(ascii: "n"): return (0x0A, 2)
            case UInt8(ascii: "r"): return (0x0D, 2)
            default: return nil
            }
        case UInt8(ascii: "&"): return reference(at: index)
        default: return nil
        }
    }

    /// `&#47;`, `&#x2f;` and `&amp;`.
    private func reference(at index: Int) -> (byte: UInt8, length: Int)? {
        if bytes[index...].starts(with: "&amp;".utf8) { return (UInt8(ascii: "&"), 5) }
        guard bytes[index...].starts(with: "&#".utf8) else { return nil }
        let isHexadecimal = bytes[index...].starts(with: "&#x".utf8)
        let start = index + (isHexadecimal ? 3 : 2)
        for digits in 2...3 {
            guard start + digits < bytes.count, bytes[start + digits] == UInt8(ascii: ";"),
                let byte = number(at: start, digits: digits, radix: isHexadecimal ? 16 : 10)
            else { continue }
            return (byte, start + digits + 1 - index)
        }
        return nil
    }

    /// A number of that many digits that is ASCII.
    private func number(at index: Int, digits: Int, radix: Int) -> UInt8? {
        guard index + digits <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[index..<(index + digits)] {
            guard let digit = Self.hexadecimal(byte), digit < radix else { return nil }
            number = number * radix + digit
        }
        return number < 0x80 ? UInt8(number) : nil
    }
}
