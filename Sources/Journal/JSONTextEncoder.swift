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
        try sink.value(value)
        return sink.text.bytes
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        sink.text.open("{", closing: "}")
        return KeyedEncodingContainer(Fields(sink: sink))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        sink.text.open("[", closing: "]")
        return Elements(sink: sink)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Elements(sink: sink) }
}

/// Where the containers of one value write to.
///
/// The text is a struct in it: each call is one access to it, and what the call does within is checked when it is compiled.
private final class Sink {
    var text = Text()

    func value(_ value: some Encodable) throws {
        let depth = text.depth
        try value.encode(to: JSONTextEncoder(sink: self))
        text.close(downTo: depth)
    }
}

/// The text as it grows, and what must be closed.
private struct Text {
    private(set) var bytes: [UInt8] = []
    /// What closes the containers that are open, the innermost last.
    private var closers: [UInt8] = []
    private var needsComma = false

    var depth: Int { closers.count }

    init() { bytes.reserveCapacity(1_024) }

    mutating func open(_ opener: Unicode.Scalar, closing closer: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: opener))
        closers.append(UInt8(ascii: closer))
        needsComma = false
    }

    mutating func close(downTo depth: Int) {
        while closers.count > depth {
            bytes.append(closers.removeLast())
            needsComma = true
        }
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    mutating func key(_ name: String) {
        // A field's name needs no escapes.
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes += name.utf8
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func literal(_ text: String) {
        separate()
        bytes += text.utf8
        needsComma = true
    }

    mutating func number(_ number: Double) { literal(number.isFinite ? number.description : "null") }

    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if utf8.contains(where: Self.needsEscape) { bytes += Self.escaped(utf8) } else { bytes += utf8 }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escaped(_ utf8: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var escaped: [UInt8] = []
        for byte in utf8 {
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

    mutating func encodeNil(forKey key: Key) { sink.text.key(key.stringValue); sink.text.literal("null") }

    mutating func encode(_ value: Bool, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value ? "true" : "false")
    }
    mutating func encode(_ value: String, forKey key: Key) { sink.text.key(key.stringValue); sink.text.string(value) }
    mutating func encode(_ value: Double, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.number(Double(value))
    }
    mutating func encode(_ value: Float, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.number(Double(value))
    }
    mutating func encode(_ value: Int, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: Int8, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: Int16, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: Int32, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: Int64, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: UInt, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: UInt8, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: UInt16, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: UInt32, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }
    mutating func encode(_ value: UInt64, forKey key: Key) {
        sink.text.key(key.stringValue); sink.text.literal(value.description)
    }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        sink.text.key(key.stringValue)
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

    mutating func encodeNil() { sink.text.literal("null") }

    mutating func encode(_ value: Bool) { sink.text.literal(value ? "true" : "false") }
    mutating func encode(_ value: String) { sink.text.string(value) }
    mutating func encode(_ value: Double) { sink.text.number(Double(value)) }
    mutating func encode(_ value: Float) { sink.text.number(Double(value)) }
    mutating func encode(_ value: Int) { sink.text.literal(value.description) }
    mutating func encode(_ value: Int8) { sink.text.literal(value.description) }
    mutating func encode(_ value: Int16) { sink.text.literal(value.description) }
    mutating func encode(_ value: Int32) { sink.text.literal(value.description) }
    mutating func encode(_ value: Int64) { sink.text.literal(value.description) }
    mutating func encode(_ value: UInt) { sink.text.literal(value.description) }
    mutating func encode(_ value: UInt8) { sink.text.literal(value.description) }
    mutating func encode(_ value: UInt16) { sink.text.literal(value.description) }
    mutating func encode(_ value: UInt32) { sink.text.literal(value.description) }
    mutating func encode(_ value: UInt64) { sink.text.literal(value.description) }

    mutating func encode<T: Encodable>(_ value: T) throws { try sink.value(value) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { noNesting() }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { noNesting() }
    mutating func superEncoder() -> any Encoder { noNesting() }
}

private func noNesting() -> Never { preconditionFailure("what the journal keeps encodes no containers by hand") }
