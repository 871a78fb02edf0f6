internal import JSON

/// Fills in what a reply takes from its request.
///
/// `{{1}}` is the first group of the path, `{{body.NAME}}` a field of the JSON body (`NAME` as it is, or a path through
/// objects), `{{body}}` the body's text and `{{number}}` the request's number. A text that is nothing but one placeholder
/// becomes the field's value, whatever its type. Names of members are texts, too. `{"$kept": KEY}` is what is kept there, `{"$all": PREFIX}` a list of
/// all that is kept under keys that begin so.
struct Template {
    let captures: [String]
    let body: JSONValue?
    let bodyText: String
    let number: Int

    private static let depthLimit = 32

    init(captures: [String], body: [UInt8], number: Int) {
        self.captures = captures
        self.body = JSONValue(parsing: body)
        bodyText = String(decoding: body, as: UTF8.self)
        self.number = number
    }

    /// A template as text.
    func text(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.firstRange(of: "{{"), let end = rest[start.upperBound...].firstRange(of: "}}") {
            let value = field(String(rest[start.upperBound..<end.lowerBound]))
            result += rest[..<start.lowerBound] + (value.string ?? (value == .null ? "" : value.text))
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// A template as a value.
    func value(_ template: JSONValue, kept: [String: JSONValue], order: [String], depth: Int = 0) -> JSONValue {
        guard depth < Self.depthLimit else { return .null }
        switch template {
        case .string(let text):
            guard text.hasPrefix("{{"), text.hasSuffix("}}"), !text.dropFirst(2).dropLast(2).contains("}}") else {
                return .string(self.text(text))
            }
            return field(String(text.dropFirst(2).dropLast(2)))
        case .array(let elements):
            return .array(elements.map { value($0, kept: kept, order: order, depth: depth + 1) })
        case .object(let members):
            if let key = members["$kept"]?.string { return kept[text(key)] ?? .null }
            if let prefix = members["$all"]?.string {
                let start = text(prefix)
                return .array(order.filter { $0.hasPrefix(start) }.compactMap { kept[$0] })
            }
            let filled = members.map { (text($0.key), value($0.value, kept: kept, order: order, depth: depth + 1)) }
            return .object(Dictionary(filled) { first, _ in first })
        default: return template
        }
    }

    private func field(_ name: String) -> JSONValue {
        if let group = Int(name) { return captures.indices.contains(group) ? .string(captures[group]) : .null }
        if name == "number" { return .integer(Int64(number)) }
        if name == "body" { return .string(bodyText) }
        guard name.hasPrefix("body.") else { return .null }
        let path = String(name.dropFirst(5))
        if let exact = body?[path] { return exact }
        return path.split(separator: ".").reduce(body) { $0?[String($1)] } ?? .null
    }
}
