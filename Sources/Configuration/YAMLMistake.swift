/// What a person most likely did where libyaml says that a text is not YAML: its own words name the line on which it noticed.
struct YAMLMistake {
    /// From 1; nil: unknown.
    var line: Int?
    /// One sentence. It repeats names and no values: a value may be a secret in the wrong place.
    var message: String

    init(_ failure: YAMLEvents.Failure, in text: String) {
        (line, message) = (failure.line, "this is not YAML: \(failure.problem)")
        if failure.problem.contains("cannot start any token") {
            message += " (a tab? YAML is indented with spaces)"
        }
        guard let at = failure.line else { return }
        if let context = failure.context, context.line < at, let opener = Self.opener(context.words) {
            line = context.line
            message =
                opener == "quote"
                ? "this is not YAML: the quote that this line opens is not closed"
                : "this is not YAML: the `\(opener)` that this line opens is not closed, or a comma is missing: line \(at) has "
                    + "something else"
            return
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let above = (1..<max(at, 1)).last { Self.isWritten(lines, $0) }
        // `overlap:60s` is a text that goes on in the next line, where libyaml is surprised by a name.
        if ["mapping values are not allowed", "could not find expected ':'"].contains(where: failure.problem.hasPrefix),
            let (name, glued) = [above, at].lazy.compactMap({ number in
                number.flatMap { Self.gluedName(lines, $0) }.map { ($0, number) }
            }).first
        {
            line = glued
            message = "this is not YAML: `\(name):` needs a space after its colon"
            return
        }
        if let bare = Self.lineWithoutColon(lines, failure, above) {
            line = bare
            message = "this is not YAML: this line has no colon; a name ends with one, as in `name: value`"
            return
        }
        let isIndent = ["did not find expected key", "mapping values are not allowed", "did not find expected '-'"]
            .contains(where: failure.problem.hasPrefix)
        guard isIndent, let above, Self.indentation(lines, at) != Self.indentation(lines, above) else { return }
        message +=
            " (the indentation? This line has \(Self.count(lines, at)), line \(above) has \(Self.count(lines, above)))"
    }

    /// What is to be closed again; nil: that ends by itself.
    private static func opener(_ context: String) -> String? {
        switch context {
        case "while parsing a flow mapping": "{"
        case "while parsing a flow sequence": "["
        case "while scanning a quoted scalar": "quote"
        default: nil
        }
    }

    /// The line that has a name, and no colon after it. libyaml takes the name for a text that goes on in the next lines, and is
    /// surprised by the colon there.
    private static func lineWithoutColon(
        _ lines: [Substring], _ failure: YAMLEvents.Failure, _ above: Int?
    ) -> Int? {
        if failure.problem.hasPrefix("could not find expected ':'") {
            return failure.context.flatMap { $0.words == "while scanning a simple key" ? $0.line : nil }
        }
        guard
            ["mapping values are not allowed", "did not find expected key"].contains(where: failure.problem.hasPrefix),
            let at = failure.line, var first = above, hasNoColon(lines, first)
        else { return nil }
        // An element of a list is complete where the next line is not further in.
        if content(lines, first).hasPrefix("- "), indentation(lines, at) <= indentation(lines, first) { return nil }
        while let next = (1..<first).last(where: { isWritten(lines, $0) }) {
            if hasNoColon(lines, next) {
                first = next
                continue
            }
            // A value goes on in lines that are further in than its name.
            let isValue = indentation(lines, first) > indentation(lines, next)
            return isValue && content(lines, next).last != ":" ? nil : first
        }
        return first
    }

    private static func hasNoColon(_ lines: [Substring], _ number: Int) -> Bool {
        let content = content(lines, number)
        let start = content.hasPrefix("- ") ? content.dropFirst(2) : content[...]
        return !content.contains(":") && start.first.map { $0.isLetter || $0.isNumber || "_\"'".contains($0) } == true
    }

    /// A line without its indentation, its comment and blanks at its end.
    private static func content(_ lines: [Substring], _ number: Int) -> String {
        let line = lines[number - 1].drop { $0 == " " }
        let end = line.firstRange(of: " #")?.lowerBound ?? line.endIndex
        return String(String(line[..<end]).reversed().drop { $0.isWhitespace }.reversed())
    }

    private static func isWritten(_ lines: [Substring], _ number: Int) -> Bool {
        guard lines.indices.contains(number - 1) else { return false }
        return lines[number - 1].first { $0 != " " }.map { $0 != "#" && $0 != "\r" } ?? false
    }

    private static func indentation(_ lines: [Substring], _ number: Int) -> Int {
        lines.indices.contains(number - 1) ? lines[number - 1].prefix { $0 == " " }.count : 0
    }

    private static func count(_ lines: [Substring], _ number: Int) -> String {
        let spaces = indentation(lines, number)
        return spaces == 1 ? "1 space" : "\(spaces) spaces"
    }

    /// The name in a line such as `overlap:60s` or `- pusher:github`; nil: the line is another one.
    private static func gluedName(_ lines: [Substring], _ number: Int) -> String? {
        guard lines.indices.contains(number - 1) else { return nil }
        var line = lines[number - 1].drop { $0 == " " }
        if line.hasPrefix("- ") { line = line.dropFirst(2).drop { $0 == " " } }
        return gluedName(String(line))
    }

    /// The name in a text such as `overlap:60s`, where a name and a value were meant; nil: it is another one. A URL is none.
    static func gluedName(_ text: String) -> String? {
        let name = text.prefix { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        let rest = text.dropFirst(name.count)
        guard (1...64).contains(name.count), rest.first == ":", let next = rest.dropFirst().first, next != " ",
            next != "\r", !rest.hasPrefix("://")
        else { return nil }
        return String(name)
    }
}
