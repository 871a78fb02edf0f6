internal import JSON

/// Makes values that fit a schema, as far as manifests use JSON Schema.
enum Sample {
    private static let depthLimit = 8
    /// What a text with a pattern is tried with.
    private static let candidates = [
        "example", "acme/app", "acme/tools/app", "AWS_ACCESS_KEY_ID", "a", "A", "1", "12345678",
        "https://ci.example.com",
        "person@example.com", "2026-11-22", "production", "0123456789abcdef", "00000000-0000-4000-8000-000000000000",
    ]

    /// A value that fits, or nil where it takes more than this knows.
    static func value(for schema: JSONValue, name: String = "", depth: Int = 0) -> JSONValue? {
        guard depth < depthLimit else { return nil }
        if let first = schema["examples"]?.array?.first { return first }
        for keyword in ["default", "const"] { if let value = schema[keyword] { return value } }
        if let first = schema["enum"]?.array?.first { return first }
        let types = schema["type"]?.strings ?? schema["type"]?.string.map { [$0] } ?? []
        if types.contains("string") || types.isEmpty && schema["properties"] == nil { return text(schema, name) }
        if types.contains("boolean") { return .bool(true) }
        if types.contains("integer") || types.contains("number") { return schema["minimum"] ?? .integer(1) }
        if types.contains("array") {
            guard (schema["minItems"]?.integer ?? 0) > 0, let items = schema["items"] else { return .array([]) }
            return value(for: items, depth: depth + 1).map { .array([$0]) }
        }
        return types.contains("null") ? .null : object(schema, depth)
    }

    /// An object with the required properties, and those of the first choice.
    static func object(_ schema: JSONValue, _ depth: Int = 0) -> JSONValue? {
        var names = schema["required"]?.strings ?? []
        for keyword in ["oneOf", "anyOf"] { names += schema[keyword]?.array?.first?["required"]?.strings ?? [] }
        var members: [String: JSONValue] = [:]
        for name in names {
            guard let property = schema["properties"]?[name] else { return nil }
            guard let value = value(for: property, name: name, depth: depth + 1) else { return nil }
            members[name] = value
        }
        return .object(members)
    }

    private static func text(_ schema: JSONValue, _ name: String) -> JSONValue? {
        let least = Int(schema["minLength"]?.integer ?? 0)
        let most = Int(schema["maxLength"]?.integer ?? 10_000)
        let pattern = schema["pattern"]?.string
        let expression = pattern.flatMap { try? Regex($0) }
        if pattern != nil && expression == nil { return nil }
        let padded = [name] + candidates + [String(repeating: "x", count: max(least, 1))]
        let fitting = padded.first { text in
            (least...max(least, most)).contains(text.unicodeScalars.count)
                && expression.map { (try? $0.firstMatch(in: text)) != nil } ?? true && !text.isEmpty
        }
        return fitting.map { .string($0) }
    }

    /// Objects that do not fit, each with what is wrong with it.
    static func bad(_ schema: JSONValue, good: JSONValue) -> [(what: String, value: JSONValue)] {
        var found: [(String, JSONValue)] = []
        for name in schema["required"]?.strings ?? [] {
            var members = good.object ?? [:]
            members[name] = nil
            found.append(("`\(name)` is missing", .object(members)))
            let types = schema["properties"]?[name]?["type"]
            if types?.string == "string" {
                found.append(("`\(name)` is a list", good.setting([name: .array([.null])])))
            }
        }
        return found
    }
}
