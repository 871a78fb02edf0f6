internal import JSON

/// Makes fields of the events of a YAML text with one document.
///
/// An alias is the value that its anchor has, with the lines on which that is written. It counts as many values as it
/// means, so that aliases of aliases cannot grow without end; they share memory.
struct YAMLComposer {
    /// A value, and what it costs where an alias repeats it.
    private struct Node {
        var field: Field
        /// The text of a scalar: what it is called as a name.
        var text: String?
        /// Values in it, itself included.
        var count = 1
        /// Levels below it.
        var height = 0
    }

    /// Deeper than any configuration. The parser's own recursion ends here, too.
    private static let deepest = 32
    /// More than any configuration has.
    private static let mostValues = 1_000_000

    private static let tooDeep = "this is nested too deeply"

    private let events: YAMLEvents
    private let file: String
    private let text: String
    private var anchors: [String: Node] = [:]
    private var count = 0

    init(_ text: String, file: String) throws(ConfigurationError) {
        (self.file, self.text) = (file, text)
        do throws(YAMLEvents.Failure) { events = try YAMLEvents(text) } catch { throw Self.explain(error, file, text) }
    }

    /// The only document.
    mutating func document() throws(ConfigurationError) -> Field {
        _ = try next()
        guard try next().kind == .documentStart else {
            throw ConfigurationError(
                file: file, "the file is empty: fill it in; or remove it, and `keyturn init` writes one")
        }
        let root = try node(try next(), depth: 0)
        _ = try next()
        let end = try next()
        guard end.kind == .streamEnd else { throw notYAML("but found another document", end.line) }
        return root.field
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(ConfigurationError) -> Node {
        if case .alias(let name) = event.kind { return try alias(name, event.line, depth) }
        try spend(1, event.line)
        guard depth < Self.deepest else { throw tooDeep(event.line) }
        let node =
            switch event.kind {
            case .scalar(let text, let tag, let isPlain):
                scalar(text, tag, isPlain, event.line)
            case .listStart: try list(event.line, depth)
            case .mappingStart: try mapping(event.line, depth)
            default: throw notYAML("did not find expected node content", event.line)
            }
        // Only now: a value cannot hold itself.
        if let anchor = event.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func list(_ line: Int, _ depth: Int) throws(ConfigurationError) -> Node {
        var (fields, count, height): ([Field], Int, Int) = ([], 1, 0)
        while true {
            let event = try next()
            if event.kind == .listEnd { break }
            let element = try node(event, depth: depth + 1)
            fields.append(element.field)
            count += element.count
            height = max(height, element.height + 1)
        }
        return Node(field: Field(line: line, value: .list(fields)), count: count, height: height)
    }

    private mutating func mapping(_ line: Int, _ depth: Int) throws(ConfigurationError) -> Node {
        var (members, count, height): ([Field.Member], Int, Int) = ([], 1, 0)
        var lines: [String: Int] = [:]
        var repeated: Set<String> = []
        while true {
            let event = try next()
            if event.kind == .mappingEnd { break }
            let (name, keyLine) = try name(event)
            if lines[name] == nil { lines[name] = keyLine } else { repeated.insert(name) }
            let element = try node(try next(), depth: depth + 1)
            members.append(Field.Member(name: name, line: keyLine, field: element.field))
            count += element.count
            height = max(height, element.height + 1)
        }
        if let first = repeated.min() {
            throw ConfigurationError(
                file: file, line: lines[first], "`\(repeated.sorted().joined(separator: "`, `"))` appears here twice")
        }
        return Node(field: Field(line: line, value: .mapping(members)), count: count, height: height)
    }

    /// A key is its text, whatever it looks like.
    private mutating func name(_ event: YAMLEvent) throws(ConfigurationError) -> (name: String, line: Int) {
        switch event.kind {
        case .scalar(let text, let tag, let isPlain):
            if let anchor = event.anchor { anchors[anchor] = scalar(text, tag, isPlain, event.line) }
            return (text, event.line)
        case .alias(let alias):
            let node = try self.alias(alias, event.line, 0)
            if let text = node.text { return (text, node.field.line) }
        default: break
        }
        throw ConfigurationError(file: file, line: event.line, "a name must be a plain word")
    }

    private func scalar(_ text: String, _ tag: String?, _ isPlain: Bool, _ line: Int) -> Node {
        let value = isPlain ? PlainScalar.value(text, tag: tag) : .string(text)
        return Node(field: Field(line: line, value: .scalar(value)), text: text)
    }

    private mutating func alias(_ name: String, _ line: Int, _ depth: Int) throws(ConfigurationError) -> Node {
        guard let node = anchors[name] else { throw notYAML("found undefined alias", line) }
        try spend(node.count, line)
        guard depth + node.height < Self.deepest else { throw tooDeep(line) }
        return node
    }

    private mutating func spend(_ values: Int, _ line: Int) throws(ConfigurationError) {
        count += values
        guard count <= Self.mostValues else {
            throw ConfigurationError(file: file, line: line, "the file has too many values")
        }
    }

    private func tooDeep(_ line: Int) -> ConfigurationError {
        ConfigurationError(file: file, line: line, Self.tooDeep)
    }

    private func notYAML(_ problem: String, _ line: Int) -> ConfigurationError {
        Self.explain(YAMLEvents.Failure(line: line, problem: problem), file, text)
    }

    private func next() throws(ConfigurationError) -> YAMLEvent {
        do throws(YAMLEvents.Failure) { return try events.next() } catch { throw Self.explain(error, file, text) }
    }

    private static func explain(
        _ failure: YAMLEvents.Failure, _ file: String, _ text: String
    ) -> ConfigurationError {
        // libyaml looks a line ahead, and may meet its own limit first.
        if failure.problem.hasPrefix("Maximum nesting level") {
            return ConfigurationError(file: file, line: failure.line, tooDeep)
        }
        let mistake = YAMLMistake(failure, in: text)
        return ConfigurationError(file: file, line: mistake.line, mistake.message)
    }
}
