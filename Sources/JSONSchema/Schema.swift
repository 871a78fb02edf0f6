public import JSON

/// A JSON Schema, as far as manifests use it: `type`, `properties`, `required`, `additionalProperties: false`, `enum`,
/// `const`, `pattern`, `minLength`, `maxLength`, `minimum`, `maximum`, `items`, `minItems`, `oneOf`, `anyOf`, `not`, `description`,
/// `default`. Other keywords are passed over, as the specification of JSON Schema wants it.
public struct Schema: Hashable, Sendable {
    /// One thing that is wrong with a value.
    public struct Violation: Hashable, Sendable {
        /// The names and indices that lead to it.
        public var path: [String]
        /// A clause that begins with what is wrong: "must be one of …".
        public var message: String
    }

    /// The schema itself.
    public var definition: JSONValue

    /// A schema; an object, or `true` for anything.
    public init(_ definition: JSONValue) { self.definition = definition }

    /// The names of the properties that it knows.
    public var properties: [String: JSONValue] { definition["properties"]?.object ?? [:] }

    /// What is wrong with the value; empty: nothing.
    public func violations(in value: JSONValue) -> [Violation] { Self.check(value, definition, []) }

    private static func check(_ value: JSONValue, _ schema: JSONValue, _ path: [String]) -> [Violation] {
        guard case .object(let keywords) = schema else {
            return schema == .bool(false) ? [Violation(path: path, message: "is not allowed here")] : []
        }
        if let type = wrongType(value, keywords["type"]) {
            return [Violation(path: path, message: "must be \(type)")]
        }
        var found = checkScalar(value, keywords).map { Violation(path: path, message: $0) }
        if case .object(let members) = value { found += checkObject(members, keywords, path) }
        if case .array(let elements) = value, let least = limit(keywords["minItems"]), Double(elements.count) < least {
            found.append(Violation(path: path, message: "must have at least \(Int(least)) elements"))
        }
        if case .array(let elements) = value, let items = keywords["items"] {
            for (index, element) in elements.enumerated() { found += check(element, items, path + ["\(index)"]) }
        }
        return found + checkCombinations(value, keywords, path)
    }

    private static func wrongType(_ value: JSONValue, _ type: JSONValue?) -> String? {
        guard let type, let allowed = type.string.map({ [$0] }) ?? type.strings else { return nil }
        guard value.types.isDisjoint(with: allowed) else { return nil }
        return allowed.map { $0 == "integer" || $0 == "array" || $0 == "object" ? "an \($0)" : "a \($0)" }
            .joined(separator: " or ")
    }

    private static func checkScalar(_ value: JSONValue, _ keywords: [String: JSONValue]) -> [String] {
        var found: [String] = []
        if let allowed = keywords["enum"]?.array, !allowed.contains(value) {
            found.append("must be one of \(allowed.map { $0.string ?? $0.text }.joined(separator: ", "))")
        }
        if let constant = keywords["const"], constant != value { found.append("must be \(constant.text)") }
        if case .string(let text) = value {
            if let least = limit(keywords["minLength"]), Double(text.unicodeScalars.count) < least {
                found.append(text.isEmpty ? "must not be empty" : "must have at least \(Int(least)) characters")
            }
            if let most = limit(keywords["maxLength"]), Double(text.unicodeScalars.count) > most {
                found.append("must have at most \(Int(most)) characters")
            }
            if let pattern = keywords["pattern"]?.string, let fault = mismatch(text, pattern, keywords) {
                found.append(fault)
            }
        }
        if let number = limit(value) {
            if let bound = keywords["minimum"], let least = limit(bound), number < least {
                found.append("must be at least \(bound.text)")
            }
            if let bound = keywords["maximum"], let most = limit(bound), number > most {
                found.append("must be at most \(bound.text)")
            }
        }
        return found
    }

    private static func mismatch(_ text: String, _ pattern: String, _ keywords: [String: JSONValue]) -> String? {
        do throws(Pattern.Malformed) {
            guard try !Pattern.compile(pattern).isFound(in: text) else { return nil }
            let example = keywords["examples"]?.array?.first?.string ?? keywords["default"]?.string
            // A pattern says to few people what is wanted, and is shown where nothing else says it.
            let form =
                PatternWords.rule(pattern).map { "Needed: \($0)." } ?? example.map { "Example: \($0)" }
                ?? "Needed: a match of the regular expression \(pattern)"
            return keywords["description"]?.string.map { "does not fit: \($0) \(form)" }
                ?? "does not have the right form. \(form)"
        } catch {
            return "cannot be checked: the pattern \(pattern) of its schema is not RE2 syntax (\(error.reason))"
        }
    }

    private static func limit(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    private static func checkObject(
        _ members: [String: JSONValue], _ keywords: [String: JSONValue], _ path: [String]
    ) -> [Violation] {
        let properties = keywords["properties"]?.object ?? [:]
        var found: [Violation] = []
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] {
                found += check(member, property, path + [name])
            } else if let additional = keywords["additionalProperties"] {
                if additional == .bool(false) {
                    found.append(
                        Violation(path: path + [name], message: Spelling.unknown(name, among: properties.keys)))
                } else {
                    found += check(member, additional, path + [name])
                }
            }
        }
        for name in keywords["required"]?.strings ?? [] where members[name] == nil {
            found.append(Violation(path: path, message: "`\(name)` is missing"))
        }
        return found
    }

    private static func checkCombinations(
        _ value: JSONValue, _ keywords: [String: JSONValue], _ path: [String]
    ) -> [Violation] {
        var found: [Violation] = []
        for (keyword, isFine) in [("oneOf", { $0 == 1 }), ("anyOf", { $0 >= 1 })] as [(String, (Int) -> Bool)] {
            guard let choices = keywords[keyword]?.array else { continue }
            let matching = choices.filter { check(value, $0, path).isEmpty }.count
            guard !isFine(matching) else { continue }
            found.append(Violation(path: path, message: explain(choices, isTooMany: matching > 1)))
        }
        if let excluded = keywords["not"], check(value, excluded, path).isEmpty {
            found.append(Violation(path: path, message: "has a combination of fields that is not allowed"))
        }
        return found
    }

    /// Choices between required fields are the common case, and can be said in words.
    private static func explain(_ choices: [JSONValue], isTooMany: Bool) -> String {
        let names = choices.compactMap { $0["required"]?.strings?.map { "`\($0)`" }.joined(separator: " and ") }
        guard names.count == choices.count else {
            return "fits \(isTooMany ? "more than one" : "none") of the allowed forms"
        }
        return "needs \(isTooMany ? "only " : "")one of \(names.joined(separator: ", "))"
    }
}

extension JSONValue {
    /// The words of JSON Schema that hold for this: a whole number is a number, too.
    fileprivate var types: Set<String> {
        switch self {
        case .integer: ["integer", "number"]
        case .number(let number): number.rounded() == number ? ["integer", "number"] : ["number"]
        default: [type]
        }
    }
}
