public import JSON
internal import Yams

/// A value of the file with the line that it stands on.
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
        let root: Node?
        // Yams holds seven regular expressions against each name and value to guess its type, most of the time that a large
        // file takes. Where nobody writes tags, names need no type, and few values do.
        let resolver: Resolver = text.contains("!!") ? .default : .basic
        do { root = try Parser(yaml: text, resolver: resolver).singleRoot() } catch {
            throw explain(error, file)
        }
        guard let root else { throw ConfigurationError(file: file, "the file is empty; `keyturn init` writes one") }
        var budget = nodeLimit
        return try Field(root, file, depth: 0, &budget)
    }

    private static func explain(_ error: any Error, _ file: String) -> ConfigurationError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigurationError(
                file: file, line: mark.line,
                "this is not YAML: \(problem)"
                    + (problem.contains("cannot start any token") ? " (a tab? YAML is indented with blanks)" : ""))
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigurationError(
                file: file, line: context.mark.line, "`\(duplicates.joined(separator: "`, `"))` stands here twice")
        case .reader(let problem, _, _, _): ConfigurationError(file: file, "this is not YAML: \(problem)")
        default: ConfigurationError(file: file, "this is not YAML")
        }
    }

    /// Deeper than any configuration; an alias that holds itself would have no end.
    private static let deepest = 32
    /// More than any configuration has; aliases of aliases would grow without end.
    private static let nodeLimit = 1_000_000

    private init(_ node: Node, _ file: String, depth: Int, _ budget: inout Int) throws(ConfigurationError) {
        line = node.mark?.line ?? 1
        budget -= 1
        guard budget >= 0 else { throw ConfigurationError(file: file, line: line, "the file has too many values") }
        guard depth < Self.deepest else {
            throw ConfigurationError(file: file, line: line, "this is nested too deeply")
        }
        switch node {
        case .scalar(let scalar): value = .scalar(Self.resolve(scalar, node))
        case .sequence(let sequence):
            var fields: [Field] = []
            for element in sequence { fields.append(try Field(element, file, depth: depth + 1, &budget)) }
            value = .list(fields)
        case .mapping(let mapping):
            var members: [Member] = []
            for (key, element) in mapping {
                let keyLine = key.mark?.line ?? line
                guard let name = key.scalar?.string else {
                    throw ConfigurationError(file: file, line: keyLine, "a name must be a plain word")
                }
                members.append(
                    Member(name: name, line: keyLine, field: try Field(element, file, depth: depth + 1, &budget)))
            }
            value = .mapping(members)
        case .alias:
            throw ConfigurationError(file: file, line: line, "aliases are not supported")
        }
    }

    /// YAML's core schema: a plain scalar that looks like a number or a boolean is one.
    private static func resolve(_ scalar: Node.Scalar, _ node: Node) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        let tag = Tag.Name(rawValue: node.tag.description)
        guard tag != .str || mayBeOtherThanText(scalar.string) else { return .string(scalar.string) }
        // A tag that somebody wrote stays; what has none was taken for a text.
        let typed = tag == .str ? Node(scalar.string) : node
        return switch tag == .str ? Resolver.default.resolveTag(of: typed) : tag {
        case .null: .null
        case .bool: typed.bool.map { .bool($0) } ?? .string(scalar.string)
        case .int: typed.int.map { .integer(Int64($0)) } ?? .string(scalar.string)
        case .float: typed.float.map { .number($0) } ?? .string(scalar.string)
        default: .string(scalar.string)
        }
    }

    /// Numbers begin with a digit, a sign or a point; all else but these words is text.
    private static func mayBeOtherThanText(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return true }
        let isLetter = (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        return !isLetter || text.utf8.count <= 5 && words.contains(text.lowercased())
    }

    private static let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null"]
}
