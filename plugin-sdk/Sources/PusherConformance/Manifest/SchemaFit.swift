internal import JSON

/// Whether fields could be a target's or a pusher's, by the manifest's schema.
enum SchemaFit {
    /// keyturn gives these to each target that does not name them.
    private static let given: Set = ["access-key-id", "secret-access-key"]

    /// What is wrong with the fields of a found place, a sentence each. They come as texts: a number as its digits, and an empty
    /// text for what is absent.
    static func faults(_ fields: [String: String], _ schema: JSONValue) -> [String] {
        faults(readings: fields.filter { !$0.value.isEmpty }.mapValues(readings), schema)
    }

    /// What is wrong with fields, a sentence each.
    static func faults(of fields: [String: JSONValue], _ schema: JSONValue) -> [String] {
        faults(readings: fields.mapValues { [$0] }, schema)
    }

    /// - Parameter present: the values that each field may stand for.
    private static func faults(readings present: [String: [JSONValue]], _ schema: JSONValue) -> [String] {
        let properties = schema["properties"]?.object ?? [:]
        var found: [String] = []
        for (name, values) in present.sorted(by: { $0.key < $1.key }) {
            guard let property = properties[name] else {
                if schema["additionalProperties"] == .bool(false) {
                    found.append("`\(name)` is not a field of a target")
                }
                continue
            }
            guard let fault = fault(values, property), let value = values.first else { continue }
            found.append("`\(name)` is \(quoted(value.string ?? value.text)): \(fault)")
        }
        let names = Set(present.keys).union(given)
            .union(properties.filter { $0.value["default"] != nil }.map(\.key))
        for name in schema["required"]?.strings ?? [] where !names.contains(name) {
            found.append("`\(name)` is missing")
        }
        for keyword in ["oneOf", "anyOf"] {
            guard let choices = schema[keyword]?.array else { continue }
            let count = choices.filter { names.isSuperset(of: $0["required"]?.strings ?? []) }.count
            if count == 0 || keyword == "oneOf" && count > 1 { found.append("its fields fit \(count) of `\(keyword)`") }
        }
        return found
    }

    private static func fault(_ readings: [JSONValue], _ schema: JSONValue) -> String? {
        let types = Set(schema["type"]?.strings ?? schema["type"]?.string.map { [$0] } ?? [])
        let values = readings.filter { types.isEmpty || types.contains($0.type) }
        guard !values.isEmpty else { return "its type is another" }
        if let choices = schema["enum"]?.array, !values.contains(where: choices.contains) {
            return "not one of its enum"
        }
        if let constant = schema["const"], !values.contains(constant) { return "not its constant" }
        if let text = values.lazy.compactMap(\.string).first { return fault(text, schema) }
        if let number = values.lazy.compactMap(\.integer).first {
            if let least = schema["minimum"]?.integer, number < least { return "less than \(least)" }
            if let most = schema["maximum"]?.integer, number > most { return "more than \(most)" }
        }
        return nil
    }

    private static func fault(_ text: String, _ schema: JSONValue) -> String? {
        let length = text.unicodeScalars.count
        if let least = schema["minLength"]?.integer, length < least { return "shorter than \(least)" }
        if let most = schema["maxLength"]?.integer, length > most { return "longer than \(most)" }
        if let pattern = schema["pattern"]?.string, let expression = try? Regex(pattern) {
            if (try? expression.firstMatch(in: text)) == nil { return "it does not match its pattern \(pattern)" }
        }
        return nil
    }

    /// The values that a text may stand for.
    private static func readings(_ text: String) -> [JSONValue] {
        var found: [JSONValue] = [.string(text)]
        if let number = Int64(text) { found.append(.integer(number)) }
        if text == "true" || text == "false" { found.append(.bool(text == "true")) }
        return found
    }
}
