public import JSON

/// A value of the file with the line that it is on.
public struct Field: Hashable, Sendable {
    /// What it is.
    public indirect enum Value: Hashable, Sendable {
        case scalar(JSONValue)
        case list([Field])
        case mapping([Member])
    }

    /// One `name: value` of a mapping.
    public struct Member: Hashable, Sendable {
        var name: String
        var line: Int
        var field: Field
    }

    /// The line, from 1.
    public var line: Int
    /// What it is.
    public var value: Value

    /// The value without lines.
    public var json: JSONValue {
        switch value {
        case .scalar(let scalar): scalar
        case .list(let fields): .array(fields.map(\.json))
        case .mapping(let members):
            .object(Dictionary(members.map { ($0.name, $0.field.json) }) { first, _ in first })
        }
    }

    /// The line of what a path of names and indices leads to, or of the last step on the way that is there.
    /// The names of a mapping; none where it is not one.
    var names: Set<String> {
        guard case .mapping(let members) = value else { return [] }
        return Set(members.map(\.name))
    }

    /// The line of each name of a mapping; none where it is not one.
    var lines: [String: Int] {
        guard case .mapping(let members) = value else { return [:] }
        return Dictionary(members.map { ($0.name, $0.line) }) { first, _ in first }
    }

    /// The value of a name in a mapping.
    func member(_ name: String) -> Field? {
        guard case .mapping(let members) = value else { return nil }
        return members.first { $0.name == name }?.field
    }

    func line(at path: [String]) -> Int {
        guard let step = path.first else { return line }
        switch value {
        case .mapping(let members):
            guard let member = members.first(where: { $0.name == step }) else { return line }
            return path.count == 1 ? member.line : member.field.line(at: Array(path.dropFirst()))
        case .list(let fields):
            guard let index = Int(step), fields.indices.contains(index) else { return line }
            return fields[index].line(at: Array(path.dropFirst()))
        case .scalar: return line
        }
    }

    /// Parses a YAML text.
    static func parse(_ text: String, file: String) throws(ConfigurationError) -> Field {
        var composer = try YAMLComposer(text, file: file)
        return try composer.document()
    }
}
