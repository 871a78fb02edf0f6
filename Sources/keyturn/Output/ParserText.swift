/// What the parser of the command line says, in lines that fit. It fits the help of arguments itself, and no other line.
struct ParserText {
    /// How its lines begin that are as long as what they say.
    private static let beginnings = ["USAGE: ", "Usage: ", "Error: ", "Help:  ", "  See "]
    /// Joins the words of `[--config <file>]` while lines are broken: half an option is none.
    private static let joint: Character = "\u{A0}"

    let terminal: Terminal

    func wrapped(_ text: String) -> String {
        guard let columns = terminal.columns else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in line.count <= columns ? String(line) : wrapped(line) }.joined(separator: "\n")
    }

    private func wrapped(_ line: Substring) -> String {
        guard let beginning = Self.beginnings.first(where: line.hasPrefix) else { return String(line) }
        let words = String(line.dropFirst(beginning.count))
        guard beginning.lowercased() == "usage: " else {
            return beginning + terminal.wrapped(words, indent: beginning.count)
        }
        let fitted = terminal.wrapped(Self.joined(words), indent: beginning.count)
        return beginning + fitted.replacing(String(Self.joint), with: " ")
    }

    /// A usage whose blanks in brackets break no line.
    private static func joined(_ usage: String) -> String {
        var depth = 0
        return String(
            usage.map { character in
                if character == "[" { depth += 1 } else if character == "]" { depth -= 1 }
                return character == " " && depth > 0 ? joint : character
            })
    }
}
