import CJansson

/// A JSON value: what a pusher's or a target's fields are read from, and a service's answer.
///
/// Fields are read by the type that is wanted:
///
/// ```swift
/// init(json fields: JSONValue) throws(JSONMismatch) {
///     path = try fields.value("path")
///     mount = try fields.optional("mount") ?? "secret"
/// }
/// ```
public struct JSONValue {
    /// What JSON calls its types. Whole numbers and others are distinguished by how they are written.
    public enum Kind: Sendable {
        /// An object: fields with names.
        case object
        /// An array.
        case list
        /// A string.
        case text
        /// A number without a fraction and an exponent, of 64 bits at most.
        case integer
        /// Another number.
        case real
        /// True or false.
        case boolean
        /// Null.
        case null
    }

    let document: JSONDocument
    let node: UnsafeMutablePointer<json_t>
    let place: JSONPlace

    /// What it is.
    public var kind: Kind {
        switch withExtendedLifetime(document, { node.pointee.type }) {
        case JSON_OBJECT: .object
        case JSON_ARRAY: .list
        case JSON_STRING: .text
        case JSON_INTEGER: .integer
        case JSON_REAL: .real
        case JSON_TRUE, JSON_FALSE: .boolean
        default: .null
        }
    }

    /// A field of an object, or nil where it is missing, or null, or this is not an object.
    public subscript(name: String) -> JSONValue? {
        guard let field = field(name), field.kind != .null else { return nil }
        return field
    }

    /// Whether an object has a field of that name, whatever its value is.
    public func contains(_ name: String) -> Bool { field(name) != nil }

    /// A field's value.
    ///
    /// - Throws: where it is missing, or null, or of another type. The error names the field by its path.
    public func value<Value: JSONReadable>(_ name: String, as type: Value.Type = Value.self) throws(JSONMismatch)
        -> Value
    {
        guard kind == .object else { throw mismatch() }
        guard let field = field(name) else { throw JSONMismatch("\(JSONPlace.field(place, name).text) is missing") }
        return try Value(json: field)
    }

    /// A field's value, or nil where it is missing or null.
    ///
    /// - Throws: where it is of another type. The error names the field by its path.
    public func optional<Value: JSONReadable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(JSONMismatch) -> Value? {
        guard kind == .object else { throw mismatch() }
        guard let field = self[name] else { return nil }
        return try Value(json: field)
    }

    /// The fields of an object by their names; none where this is not an object.
    public var fields: [(name: String, value: JSONValue)] {
        var fields: [(name: String, value: JSONValue)] = []
        forEachField { fields.append(($0, $1)) }
        return fields
    }

    /// The fields one after the other: a service's answer may have hundreds of thousands of them.
    func forEachField<Failure: Error>(_ body: (String, JSONValue) throws(Failure) -> Void) throws(Failure) {
        defer { withExtendedLifetime(document) {} }
        var iterator = json_object_iter(node)
        while let current = iterator {
            if let name = json_object_iter_key(current), let value = json_object_iter_value(current) {
                let text = String(cString: name)
                try body(text, JSONValue(document: document, node: value, place: .field(place, text)))
            }
            iterator = json_object_iter_next(node, current)
        }
    }

    /// The values of a list; none where this is not a list.
    public var elements: [JSONValue] {
        var elements: [JSONValue] = []
        forEachElement { elements.append($0) }
        return elements
    }

    /// The values of a list one after the other.
    func forEachElement<Failure: Error>(_ body: (JSONValue) throws(Failure) -> Void) throws(Failure) {
        defer { withExtendedLifetime(document) {} }
        for index in 0..<json_array_size(node) {
            guard let value = json_array_get(node, index) else { continue }
            try body(JSONValue(document: document, node: value, place: .element(place, index)))
        }
    }

    /// The error of a field that cannot work, for whatever reason: `path: reason`.
    ///
    /// - Parameter why: the reason, without a secret.
    public func wrong(_ name: String, _ why: String) -> JSONMismatch {
        JSONMismatch("\(JSONPlace.field(place, name).text): \(why)")
    }

    /// The error of a value that cannot work, for whatever reason: `path: reason`.
    ///
    /// - Parameter why: the reason, without a secret.
    public func wrong(_ why: String) -> JSONMismatch {
        let path = place.text
        return JSONMismatch(path.isEmpty ? why : "\(path): \(why)")
    }

    /// The error of a value of another type than the one that is wanted.
    func mismatch() -> JSONMismatch {
        let path = place.text
        return JSONMismatch(path.isEmpty ? "not a JSON object" : "\(path) has the wrong type")
    }

    /// Names with a NUL in them are in no document that was parsed.
    private func field(_ name: String) -> JSONValue? {
        withExtendedLifetime(document) { name.withCString { json_object_get(node, $0) } }.map {
            JSONValue(document: document, node: $0, place: .field(place, name))
        }
    }
}

/// Where a value is in its document.
indirect enum JSONPlace {
    case root
    case field(JSONPlace, String)
    case element(JSONPlace, Int)

    /// As people see it: `users[0].name`. Empty for the whole document.
    var text: String {
        switch self {
        case .root: return ""
        case .field(let parent, let name):
            let start = parent.text
            return start.isEmpty ? oneLine(name, limit: 100) : "\(start).\(oneLine(name, limit: 100))"
        case .element(let parent, let index): return "\(parent.text)[\(index)]"
        }
    }
}

/// Why JSON is not what was wanted: the field's path and what is wrong with it, without its value.
public struct JSONMismatch: Error, Equatable, CustomStringConvertible {
    /// One line.
    public let description: String

    init(_ description: String) { self.description = description }
}
