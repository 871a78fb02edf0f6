/// Writes a payload: numbers of eight bytes, texts with their length before them.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: Int64) {
        for shift in stride(from: Int64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func write(_ text: String) {
        let utf8 = Array(text.utf8)
        write(Int64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func write(_ flag: Bool) { write(Int64(flag ? 1 : 0)) }

    mutating func write(_ texts: [String]) {
        write(Int64(texts.count))
        for text in texts { write(text) }
    }
}

/// Reads a payload, and refuses one that is too short, too long or not UTF-8.
struct FieldReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number() throws(ProtocolError) -> Int64 {
        guard bytes.count - position >= 8 else { throw ProtocolError("a message that is cut short") }
        defer { position += 8 }
        var number: Int64 = 0
        for index in 0..<8 { number |= Int64(bytes[position + index]) << Int64(8 * index) }
        return number
    }

    mutating func text() throws(ProtocolError) -> String {
        let length = try number()
        guard length >= 0, length <= Int64(bytes.count - position) else {
            throw ProtocolError("a text that is longer than its message")
        }
        defer { position += Int(length) }
        guard let text = String(validating: bytes[position..<(position + Int(length))], as: UTF8.self) else {
            throw ProtocolError("a text that is not UTF-8")
        }
        return text
    }

    mutating func flag() throws(ProtocolError) -> Bool { try number() != 0 }

    mutating func texts() throws(ProtocolError) -> [String] {
        let count = try number()
        // Each has at least its length.
        guard count >= 0, count <= Int64(bytes.count - position) / 8 else {
            throw ProtocolError("a list that is longer than its message")
        }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }

    func end() throws(ProtocolError) {
        guard position == bytes.count else { throw ProtocolError("a message with bytes behind its end") }
    }
}
