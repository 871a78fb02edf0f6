internal import JSON

extension Schema {
    /// The most patterns in one schema. Each is compiled when its plugin is pinned, and whenever it is used.
    private static let patternLimit = 512

    /// What is wrong with the patterns of the schema, with the names and indices that lead to each; empty: nothing.
    public var patternFaults: [Violation] {
        let patterns = Self.patterns(of: definition, [])
        guard patterns.count <= Self.patternLimit else {
            return [Violation(path: [], message: "has more than \(Self.patternLimit) patterns")]
        }
        return patterns.compactMap { path, pattern in
            guard let text = pattern.string else { return Violation(path: path, message: "must be a string") }
            do throws(Pattern.Malformed) { _ = try Pattern.compile(text) } catch {
                return Violation(path: path, message: "is not a regular expression in RE2 syntax: \(error.reason)")
            }
            return nil
        }
    }

    /// The schema without its patterns, and without `oneOf`, `anyOf` and `not`, which would mean something else without them:
    /// it allows what the schema allows, and more.
    public var withoutPatterns: Schema { Schema(Self.removingPatterns(definition)) }

    private static func patterns(of schema: JSONValue, _ path: [String]) -> [(path: [String], pattern: JSONValue)] {
        guard let keywords = schema.object else { return [] }
        var found: [(path: [String], pattern: JSONValue)] = []
        if let pattern = keywords["pattern"] { found.append((path + ["pattern"], pattern)) }
        for (name, property) in (keywords["properties"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            found += patterns(of: property, path + ["properties", name])
        }
        for name in ["items", "additionalProperties", "not"] {
            if let part = keywords[name] { found += patterns(of: part, path + [name]) }
        }
        for name in ["oneOf", "anyOf"] {
            for (index, choice) in (keywords[name]?.array ?? []).enumerated() {
                found += patterns(of: choice, path + [name, "\(index)"])
            }
        }
        return found
    }

    private static func removingPatterns(_ schema: JSONValue) -> JSONValue {
        guard var keywords = schema.object else { return schema }
        for name in ["pattern", "oneOf", "anyOf", "not"] { keywords[name] = nil }
        if let properties = keywords["properties"]?.object {
            keywords["properties"] = .object(properties.mapValues(removingPatterns))
        }
        for name in ["items", "additionalProperties"] { keywords[name] = keywords[name].map(removingPatterns) }
        return .object(keywords)
    }
}
