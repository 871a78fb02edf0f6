internal import PlainText

/// One cell of a CSV text.
enum CSVCell {
    private static let limit = 32_000

    /// A text that a spreadsheet would take for a formula begins with an apostrophe.
    static func text(_ text: String) -> String {
        let clean = PlainText.line(text, limit: limit)
        let safe = clean.first.map { "=+-@'".contains($0) } == true ? "'\(clean)" : clean
        guard safe.contains(where: { ",\"".contains($0) }) else { return safe }
        return "\"\(safe.replacing("\"", with: "\"\""))\""
    }
}
