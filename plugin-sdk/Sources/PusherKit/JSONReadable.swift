import CJansson

/// What can be read from JSON: texts, numbers, true and false, lists and objects of them, `SecretBytes`, `Endpoint`,
/// `PlaceName`, enumerations of texts, and types of your own.
public protocol JSONReadable {
    /// Reads the value.
    ///
    /// - Throws: `JSONMismatch` where it is of another type, or cannot work: `throw json.wrong("not owner/name")`.
    init(json: JSONValue) throws(JSONMismatch)
}

extension JSONValue: JSONReadable {
    /// Whatever is there.
    public init(json: JSONValue) { self = json }
}

extension String: JSONReadable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard let text = json.withText({ String(decoding: $0, as: UTF8.self) }) else { throw json.mismatch() }
        self = text
    }
}

extension SecretBytes: JSONReadable {
    /// Reads a string, straight into bytes that are wiped.
    public convenience init(json: JSONValue) throws(JSONMismatch) {
        guard let memory = json.withText(UnsafeMutableRawBufferPointer.init(copyOf:)) else { throw json.mismatch() }
        self.init(owning: memory)
    }
}

extension Int64: JSONReadable {
    /// Reads a whole number, also one that is written as `1.0` or `1e3`.
    public init(json: JSONValue) throws(JSONMismatch) {
        switch json.kind {
        case .integer: self = json.integer
        case .real:
            guard let whole = Int64(exactly: json.number) else { throw json.mismatch() }
            self = whole
        default: throw json.mismatch()
        }
    }
}

extension Int: JSONReadable {
    /// Reads a whole number.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard let number = Int(exactly: try Int64(json: json)) else { throw json.mismatch() }
        self = number
    }
}

extension Double: JSONReadable {
    /// Reads a number.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard json.kind == .integer || json.kind == .real else { throw json.mismatch() }
        self = json.number
    }
}

extension Bool: JSONReadable {
    /// Reads true or false.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard json.kind == .boolean else { throw json.mismatch() }
        self = json.isTrue
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads a list, whose values all have to fit.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard json.kind == .list else { throw json.mismatch() }
        var elements: [Element] = []
        try json.forEachElement { element throws(JSONMismatch) in elements.append(try Element(json: element)) }
        self = elements
    }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    /// Reads an object, whose fields all have to fit.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard json.kind == .object else { throw json.mismatch() }
        var values: [String: Value] = [:]
        try json.forEachField { name, value throws(JSONMismatch) in values[name] = try Value(json: value) }
        self = values
    }
}

extension JSONReadable where Self: RawRepresentable, RawValue == String {
    /// Reads one of the enumeration's texts.
    public init(json: JSONValue) throws(JSONMismatch) {
        guard let value = Self(rawValue: try String(json: json)) else {
            throw json.wrong("not one of the values allowed")
        }
        self = value
    }
}

/// What Jansson knows of a value. The document is kept while it is asked, for its last value may be the one that is read.
extension JSONValue {
    fileprivate var integer: Int64 { withExtendedLifetime(document) { json_integer_value(node) } }

    fileprivate var number: Double { withExtendedLifetime(document) { json_number_value(node) } }

    fileprivate var isTrue: Bool { withExtendedLifetime(document) { node.pointee.type == JSON_TRUE } }

    /// Lends the UTF-8 of a string; nil where it is none.
    fileprivate func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        withExtendedLifetime(document) {
            guard kind == .text, let start = json_string_value(node) else { return nil }
            return body(UnsafeRawBufferPointer(start: start, count: json_string_length(node)))
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Memory of its own with the same bytes.
    init(copyOf bytes: UnsafeRawBufferPointer) {
        self = .allocate(byteCount: bytes.count, alignment: 1)
        copyMemory(from: bytes)
    }
}
