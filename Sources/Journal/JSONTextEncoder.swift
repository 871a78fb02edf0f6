/// Writes values as JSON in one go. FoundationEssentials' encoder builds a tree of the value first and takes several times as long,
/// which every step of a rotation would pay; what is read is read by FoundationEssentials.
///
/// For what the journal keeps: no nested containers by hand, and no classes that encode their parents.
struct JSONTextEncoder: Encoder {
    fileprivate let sink: Sink
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The value as JSON, fields in the order of their declaration.
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let sink = Sink()
        sink.bytes.reserveCapacity(1_024)
        try sink.value(value)
        return sink.bytes
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        sink.open("{", closing: "}")
        return KeyedEncodingContainer(Fields(sink: sink))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        sink.open("[", closing: "]")
        return Elements(sink: sink)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Elements(sink: sink) }
}

/// The text as it grows, and what must be closed.
private final class Sink {
    var bytes: [UInt8] = []
    /// What closes the containers that are open, the innermost last.
    private var closers: [UInt8] = []
    private var needsComma = false

    func value(_ value: some Encodable) throws {
        let depth = closers.count
        try value.encode(to: JSONTextEncoder(sink: self))
        while closers.count > depth { close() }
    }

    func open(_ opener: Unicode.Scalar, closing closer: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: opener))
        closers.append(UInt8(ascii: closer))
        needsComma = false
    }

    private func close() {
        bytes.append(closers.removeLast())
        needsComma = true
    }

    private func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    func key(_ key: some CodingKey) {
        // A field's name needs no escapes.
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes += key.stringValue.utf8
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    func literal(_ text: String) {
        separate()
        bytes += text.utf8
        needsComma = true
    }

    func number(_ number: Double) { literal(number.isFinite ? number.description : "null") }

    func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ !Self.needsEscape($0) }) { bytes += text.utf8 } else { bytes += Self.escaped(text) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escaped(_ text: String) -> [UInt8] {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): escaped += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: escaped += "\\u00\(Hexadecimal.text([byte]))".utf8
            default: escaped.append(byte)
            }
        }
        return escaped
    }
}

private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: Sink
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) { sink.key(key); sink.literal("null") }

    mutating func encode(_ value: Bool, forKey key: Key) { sink.key(key); sink.literal(value ? "true" : "false") }
    mutating func encode(_ value: String, forKey key: Key) { sink.key(key); sink.string(value) }
    mutating func encode(_ value: Double, forKey key: Key) { sink.key(key); sink.number(Double(value)) }
    mutating func encode(_ value: Float, forKey key: Key) { sink.key(key); sink.number(Double(value)) }
    mutating func encode(_ value: Int, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: Int8, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: Int16, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: Int32, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: Int64, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: UInt, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: UInt8, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: UInt16, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: UInt32, forKey key: Key) { sink.key(key); sink.literal(value.description) }
    mutating func encode(_ value: UInt64, forKey key: Key) { sink.key(key); sink.literal(value.description) }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        sink.key(key)
        try sink.value(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { noNesting() }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { noNesting() }
    mutating func superEncoder() -> any Encoder { noNesting() }
    mutating func superEncoder(forKey key: Key) -> any Encoder { noNesting() }
}

/// The elements of a list, or one value.
private struct Elements: UnkeyedEncodingContainer, SingleValueEncodingContainer {
    let sink: Sink
    var count = 0
    var codingPath: [any CodingKey] { [] }

    init(sink: Sink) { self.sink = sink }

    mutating func encodeNil() { sink.literal("null") }

    mutating func encode(_ value: Bool) { sink.literal(value ? "true" : "false") }
    mutating func encode(_ value: String) { sink.string(value) }
    mutating func encode(_ value: Double) { sink.number(Double(value)) }
    mutating func encode(_ value: Float) { sink.number(Double(value)) }
    mutating func encode(_ value: Int) { sink.literal(value.description) }
    mutating func encode(_ value: Int8) { sink.literal(value.description) }
    mutating func encode(_ value: Int16) { sink.literal(value.description) }
    mutating func encode(_ value: Int32) { sink.literal(value.description) }
    mutating func encode(_ value: Int64) { sink.literal(value.description) }
    mutating func encode(_ value: UInt) { sink.literal(value.description) }
    mutating func encode(_ value: UInt8) { sink.literal(value.description) }
    mutating func encode(_ value: UInt16) { sink.literal(value.description) }
    mutating func encode(_ value: UInt32) { sink.literal(value.description) }
    mutating func encode(_ value: UInt64) { sink.literal(value.description) }

    mutating func encode<T: Encodable>(_ value: T) throws { try sink.value(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { noNesting() }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { noNesting() }
    mutating func superEncoder() -> any Encoder { noNesting() }
}

private func noNesting() -> Never { preconditionFailure("what the journal keeps encodes no containers by hand") }
