extension PlainText {
    /// The text without the blanks and newlines at both ends, as a file with one line has them.
    public static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
