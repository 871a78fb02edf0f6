internal import JSON

/// What a scalar without quotes is: YAML 1.1's types for booleans, numbers and null (https://yaml.org/type/); all else is
/// a text.
enum PlainScalar {
    /// - Parameter tag: the one that is written; nil: the look decides.
    static func value(_ text: String, tag: String?) -> JSONValue {
        switch tag {
        case nil: looked(text)
        case "tag:yaml.org,2002:null": .null
        case "tag:yaml.org,2002:bool": bool(text).map { .bool($0) } ?? .string(text)
        case "tag:yaml.org,2002:int": integer(text).map { .integer($0) } ?? .string(text)
        case "tag:yaml.org,2002:float": number(text).map { .number($0) } ?? .string(text)
        default: .string(text)
        }
    }

    private static func looked(_ text: String) -> JSONValue {
        var bytes = Look(text)
        guard let first = bytes.first else { return .null }
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            // Most values are words: nothing else is tried with them.
            return word(text)
        case UInt8(ascii: "~"): return text == "~" ? .null : .string(text)
        default: break
        }
        if bytes.isInteger { return integer(text).map { .integer($0) } ?? .string(text) }
        bytes = Look(text)
        if bytes.isNumber { return number(text).map { .number($0) } ?? .string(text) }
        return .string(text)
    }

    private static func word(_ text: String) -> JSONValue {
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": .bool(false)
        case "null", "Null", "NULL": .null
        default: .string(text)
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }

    /// Nil for what does not fit into 64 bits, or has no digits.
    private static func integer(_ text: String) -> Int64? {
        let digits = text.filter { $0 != "_" }
        guard digits != "0" else { return 0 }
        let sign = digits.hasPrefix("-") ? "-" : ""
        let amount = digits.dropFirst(digits.hasPrefix("-") || digits.hasPrefix("+") ? 1 : 0)
        for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)] where amount.hasPrefix(prefix) {
            return Int64(sign + amount.dropFirst(prefix.count), radix: radix)
        }
        guard amount.contains(":") else { return Int64(digits) }
        var sum: Int64 = 0
        for part in amount.split(separator: ":", omittingEmptySubsequences: false) {
            guard let part = Int64(part) else { return nil }
            let (product, isTooLarge) = sum.multipliedReportingOverflow(by: 60)
            let (next, isStillTooLarge) = product.addingReportingOverflow(part)
            guard !isTooLarge, !isStillTooLarge else { return nil }
            sum = next
        }
        return sign.isEmpty ? sum : -sum
    }

    private static func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case ".inf", "+.inf": return .infinity
        case "-.inf": return -.infinity
        case ".nan": return .nan
        default: break
        }
        let digits = text.filter { $0 != "_" }
        guard digits.contains(":") else { return Double(digits) }
        let amount = digits.dropFirst(digits.hasPrefix("-") || digits.hasPrefix("+") ? 1 : 0)
        var sum = 0.0
        for part in amount.split(separator: ":", omittingEmptySubsequences: false) {
            guard let part = Double(part) else { return nil }
            sum = sum * 60 + part
        }
        return digits.hasPrefix("-") ? -sum : sum
    }
}

/// The look of a number, from front to back.
private struct Look {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) { rest = ArraySlice(text.utf8) }

    var first: UInt8? { rest.first }

    /// Binary, octal, decimal, hexadecimal or base 60, as in `1:30`.
    var isInteger: Bool {
        mutating get {
            _ = take("+-")
            if take("0") {
                if rest.isEmpty { return true }
                if take("b") { return skip { $0 == 0x30 || $0 == 0x31 || $0 == Self.underscore } > 0 && rest.isEmpty }
                if take("x") { return skip { Self.isHexadecimal($0) || $0 == Self.underscore } > 0 && rest.isEmpty }
                _ = take("o")
                return skip { (0x30...0x37).contains($0) || $0 == Self.underscore } > 0 && rest.isEmpty
            }
            guard skipDigits() else { return false }
            _ = skipSixtieths()
            return rest.isEmpty
        }
    }

    /// With a point or an exponent, base 60 with a point, an infinity, or not a number.
    var isNumber: Bool {
        mutating get {
            let hasSign = take("+-")
            if rest.first == UInt8(ascii: ".") {
                let name = String(decoding: rest, as: UTF8.self)
                if [".inf", ".Inf", ".INF"].contains(name) { return true }
                guard !hasSign else { return false }
                if [".nan", ".NaN", ".NAN"].contains(name) { return true }
                rest = rest.dropFirst()
                return skip(Self.isDigitOrUnderscore) > 0 && skipExponent(needsSign: true) && rest.isEmpty
            }
            guard skipDigits() else { return false }
            let sixtieths = skipSixtieths()
            if take(".") { _ = skip(Self.isDigitOrUnderscore) } else if sixtieths > 0 { return false }
            return (sixtieths > 0 || skipExponent(needsSign: false)) && rest.isEmpty
        }
    }

    private static let underscore = UInt8(ascii: "_")

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isDigitOrUnderscore(_ byte: UInt8) -> Bool { isDigit(byte) || byte == underscore }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Takes one byte of a set, if it comes next.
    private mutating func take(_ set: String) -> Bool {
        guard let first = rest.first, set.utf8.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// How many bytes were taken.
    private mutating func skip(_ isWanted: (UInt8) -> Bool) -> Int {
        let before = rest.count
        rest = rest.drop(while: isWanted)
        return before - rest.count
    }

    /// A digit, and then digits and underscores.
    private mutating func skipDigits() -> Bool {
        guard let first = rest.first, Self.isDigit(first) else { return false }
        _ = skip(Self.isDigitOrUnderscore)
        return true
    }

    /// How many groups of `:59` were taken.
    private mutating func skipSixtieths() -> Int {
        var groups = 0
        while rest.first == UInt8(ascii: ":") {
            let digits = rest.dropFirst().prefix(3).prefix(while: Self.isDigit)
            guard digits.count == 1 || digits.count == 2 && digits.first.map({ $0 < 0x36 }) == true else { break }
            rest = rest.dropFirst(1 + digits.count)
            groups += 1
        }
        return groups
    }

    /// An exponent, if one comes; whether it is whole.
    private mutating func skipExponent(needsSign: Bool) -> Bool {
        guard take("eE") else { return true }
        guard take("+-") || !needsSign else { return false }
        return skip(Self.isDigit) > 0
    }
}
