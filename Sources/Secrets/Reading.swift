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
            readings += level.decoded(places: 2, bits: 4, values: hexadecimalDigits)
            readings += level.decoded(places: 4, bits: 6, values: base64Digits)
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

    /// What runs of digits encode, for each place where a group of digits can begin. Line breaks within a run count for nothing.
    /// Between runs there is a zero byte, so that nothing is found across them.
    ///
    /// - Parameter values: of each byte as a digit; negative: it is none.
    private func decoded(places: Int, bits: Int, values: [Int8]) -> [Reading] {
        let runs = runs(of: (SecretPieces.shortest * 8 + bits - 1) / bits, values)
        guard !runs.isEmpty else { return [] }
        return (0..<places).map { skipped in
            var decoded = Reading()
            for run in runs {
                if !decoded.bytes.isEmpty { decoded.append(0, starts[run.lowerBound], ends[run.lowerBound]) }
                append(run, to: &decoded, skipping: skipped, bits: bits, values)
            }
            return decoded
        }
    }

    /// The runs of at least that many digits. Ordinary words are shorter, and hold no piece.
    private func runs(of shortest: Int, _ values: [Int8]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var (start, digits) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if values[Int(byte)] >= 0 {
                digits += 1
            } else if byte != 0x0A, byte != 0x0D {
                if digits >= shortest { runs.append(start..<index) }
                (start, digits) = (index + 1, 0)
            }
        }
        if digits >= shortest { runs.append(start..<bytes.count) }
        return runs
    }

    /// What one run of digits encodes.
    private func append(
        _ run: Range<Int>, to decoded: inout Reading, skipping skipped: Int, bits: Int, _ values: [Int8]
    ) {
        var (left, collected, count) = (skipped, 0, 0)
        // Where the digits that are collected begin.
        var first = 0
        for index in run {
            let digit = Int(values[Int(bytes[index])])
            guard digit >= 0 else { continue }
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

    private static let hexadecimalDigits = (UInt8.min ... .max).map { Int8(hexadecimal($0) ?? -1) }
    private static let base64Digits = (UInt8.min ... .max).map { Int8(base64($0) ?? -1) }

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
