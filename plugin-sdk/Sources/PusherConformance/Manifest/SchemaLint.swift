internal import JSON

/// What is wrong with a schema of a manifest.
enum SchemaLint {
    private static let depthLimit = 16
    private static let types: Set = ["null", "boolean", "integer", "number", "string", "array", "object"]
    /// What keyturn checks.
    private static let known: Set = [
        "type", "properties", "required", "additionalProperties", "enum", "const", "pattern", "minLength", "maxLength",
        "minimum", "maximum", "items", "minItems", "oneOf", "anyOf", "not", "description", "default", "examples",
        "title", "writeOnly",
        "$comment",
    ]

    /// - Parameter withPatterns: whether the schema's patterns are looked at, too.
    static func faults(
        _ schema: JSONValue, _ place: String, withPatterns: Bool = true, depth: Int = 0
    ) -> (faults: [String], doubts: [String]) {
        var faults: [String] = []
        var doubts: [String] = []
        guard let keywords = schema.object else {
            if case .bool = schema { return ([], []) }
            return (["\(place) is not a schema: it must be an object, or true"], [])
        }
        guard depth < depthLimit else { return (["\(place) is nested too deeply"], []) }
        func descend(_ schema: JSONValue, _ name: String) {
            let found = Self.faults(schema, "\(place).\(name)", withPatterns: withPatterns, depth: depth + 1)
            faults += found.faults
            doubts += found.doubts
        }
        for name in keywords.keys.sorted() where !known.contains(name) {
            doubts.append("\(place): keyturn does not check `\(name)`")
        }
        if let type = schema["type"] {
            let named = type.strings ?? type.string.map { [$0] }
            if named == nil || !types.isSuperset(of: named ?? []) {
                faults.append("\(place).type is \(type.text), not one of \(types.sorted().joined(separator: ", "))")
            }
        }
        if !withPatterns {
            // Whoever asks compiles them itself.
        } else if let pattern = schema["pattern"], pattern.string.flatMap({ try? Regex($0) }) == nil {
            faults.append("\(place).pattern is not a regular expression")
        } else if let odd = schema["pattern"]?.string.flatMap(unknownToRE2) {
            faults.append("\(place).pattern has \(odd), which RE2 does not have: keyturn refuses it")
        }
        if let values = schema["enum"], values.array?.isEmpty != false {
            faults.append("\(place).enum must list values")
        }
        let properties = schema["properties"]?.object ?? [:]
        if schema["properties"] != nil && schema["properties"]?.object == nil {
            faults.append("\(place).properties must be an object")
        }
        for (name, property) in properties.sorted(by: { $0.key < $1.key }) { descend(property, name) }
        if let required = schema["required"] {
            guard let names = required.strings else { return (faults + ["\(place).required must list names"], doubts) }
            for name in names where schema["properties"] != nil && properties[name] == nil {
                faults.append("\(place).required names `\(name)`, which is not a property")
            }
        }
        for keyword in ["oneOf", "anyOf"] {
            guard let choices = schema[keyword] else { continue }
            guard let list = choices.array, !list.isEmpty else {
                faults.append("\(place).\(keyword) must list schemas")
                continue
            }
            for (index, choice) in list.enumerated() { descend(choice, "\(keyword)[\(index)]") }
        }
        if let items = schema["items"] { descend(items, "items") }
        if let value = schema["default"], let enumeration = schema["enum"]?.array, !enumeration.contains(value) {
            faults.append("\(place).default is not one of its enum")
        }
        return (faults, doubts)
    }

    /// The first construct of a pattern that needs more than RE2 (github.com/google/re2/wiki/Syntax) can do in linear time, or is
    /// written in another way there; nil: there is none.
    private static func unknownToRE2(_ pattern: String) -> String? {
        var rest = Array(pattern.unicodeScalars)[...]
        var isInClass = false
        while let scalar = rest.popFirst() {
            if scalar == "\\", let escaped = rest.popFirst() {
                if escaped == "u" || ("1"..."9").contains(escaped) || escaped == "k" { return "\\\(escaped)" }
            } else if isInClass {
                isInClass = scalar != "]"
            } else if scalar == "[" {
                isInClass = true
            } else if scalar == "(" {
                for group in ["?=", "?!", "?<=", "?<!", "?>"] where rest.starts(with: group.unicodeScalars) {
                    return "(\(group)"
                }
            }
        }
        return nil
    }
}
