/// A JSON object, written straight into bytes that are wiped.
///
/// A library's encoder would leave copies of a secret in strings and buffers of its own, so secrets never pass through one.
public struct JSONBody: ~Copyable {
    private var builder = SecretBuilder()
    private var isEmpty = true

    /// Makes an empty object.
    public init() {
        builder.append("{")
    }

    /// Sets a text field. A name is to be set only once.
    public mutating func set(_ name: String, _ value: String) {
        begin(name)
        appendString(value.utf8)
    }

    /// Sets a text field to a secret's UTF-8.
    public mutating func set(_ name: String, _ secret: SecretBytes) {
        begin(name)
        secret.withBytes { appendString($0) }
    }

    /// Sets a field to true or false.
    public mutating func set(_ name: String, _ value: Bool) {
        begin(name)
        builder.append(value ? "true" : "false")
    }

    /// Sets a field to a whole number.
    public mutating func set(_ name: String, _ value: Int64) {
        begin(name)
        builder.append(contentsOf: String(value).utf8)
    }

    /// Sets a field to a list of whole numbers.
    public mutating func set(_ name: String, _ values: [Int]) {
        begin(name)
        builder.append("[")
        builder.append(contentsOf: values.map(String.init).joined(separator: ",").utf8)
        builder.append("]")
    }

    /// Sets a field to a list of texts.
    public mutating func set(_ name: String, _ values: [String]) {
        begin(name)
        builder.append("[")
        for (index, value) in values.enumerated() {
            if index > 0 { builder.append(",") }
            appendString(value.utf8)
        }
        builder.append("]")
    }

    /// Sets a field to an object with text fields.
    public mutating func set(_ name: String, _ values: [(name: String, value: String)]) {
        var object = JSONBody()
        for (name, value) in values { object.set(name, value) }
        begin(name)
        object.bytes().withBytes { builder.append(contentsOf: $0) }
    }

    /// Sets a field to an object, which may have secrets in it.
    public mutating func set(_ name: String, _ object: consuming JSONBody) {
        begin(name)
        object.bytes().withBytes { builder.append(contentsOf: $0) }
    }

    /// Sets a field to a list of objects, each made by a `JSONBody` of its own.
    public mutating func set(_ name: String, list objects: [SecretBytes]) {
        begin(name)
        builder.append("[")
        for (index, object) in objects.enumerated() {
            if index > 0 { builder.append(",") }
            builder.append(object)
        }
        builder.append("]")
    }

    /// Sets a field to a value that was read, whatever it is: for services that want back what they gave. Nil is null.
    public mutating func set(_ name: String, _ value: JSONValue?) {
        begin(name)
        guard let value else { return builder.append("null") }
        builder.append(value.text)
    }

    /// The object's bytes.
    public consuming func bytes() -> SecretBytes {
        builder.append("}")
        return builder.bytes()
    }

    private mutating func begin(_ name: String) {
        if !isEmpty { builder.append(",") }
        isEmpty = false
        appendString(name.utf8)
        builder.append(":")
    }

    /// RFC 8259, section 7: what must be escaped is the quotation mark, the backslash and U+0000 to U+001F.
    private mutating func appendString(_ bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        builder.append("\"")
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                builder.append("\\")
                builder.append(byte)
            case ..<0x20:
                builder.append("\\u00")
                builder.append(digits[Int(byte >> 4)])
                builder.append(digits[Int(byte & 15)])
            default:
                builder.append(byte)
            }
        }
        builder.append("\"")
    }
}
