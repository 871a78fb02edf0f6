/// One row of a result, in PostgreSQL's binary forms: whole numbers with the highest byte first, texts and bytes as they are.
struct Row {
    let fields: [[UInt8]?]

    /// A `bigint`; NULL, or anything else: 0.
    func number(_ column: Int) -> Int64 {
        guard let bytes = fields[column], bytes.count == 8 else { return 0 }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// A `text`; nil: NULL.
    func text(_ column: Int) -> String? { fields[column].map { String(decoding: $0, as: UTF8.self) } }

    /// A `bytea`; NULL: empty.
    func bytes(_ column: Int) -> [UInt8] { fields[column] ?? [] }

    /// A name, which is kept as bytes: PostgreSQL's texts hold no NUL, and not every database holds every character.
    func name(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }
}

/// What a place in a statement is given.
enum Parameter {
    case null
    case number(Int64)
    case text(String)
    case bytes([UInt8])
    /// For `bigint[]`.
    case numbers([Int64])
    /// For `text[]` of bytes in hexadecimal digits, which need no quoting.
    case byteStrings([[UInt8]])

    /// A name as it is kept.
    static func name(_ name: String) -> Parameter { .bytes(Array(name.utf8)) }

    /// The bytes that are sent; nil: NULL.
    var content: [UInt8]? {
        switch self {
        case .null: nil
        case .number(let number): Array("\(number)".utf8)
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .numbers(let numbers): Array("{\(numbers.map(String.init).joined(separator: ","))}".utf8)
        case .byteStrings(let strings): Self.array(of: strings)
        }
    }

    /// Whether they are PostgreSQL's binary form; else its text form.
    var isBinary: Bool { if case .bytes = self { true } else { false } }

    private static func array(of strings: [[UInt8]]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = [UInt8(ascii: "{")]
        text.reserveCapacity(2 + strings.reduce(0) { $0 + 2 * $1.count + 3 })
        for (index, bytes) in strings.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            // An empty string must be quoted.
            text.append(UInt8(ascii: "\""))
            for byte in bytes {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return text
    }
}
