extension StringProtocol {
    /// The text without blanks and newlines at both ends.
    var trimmed: String { trimming(\.isWhitespace) }

    /// The text without quotation marks at both ends.
    var unquoted: String { trimming { $0 == "\"" } }

    private func trimming(_ isDropped: (Character) -> Bool) -> String {
        let start = drop(while: isDropped)
        guard let last = start.lastIndex(where: { !isDropped($0) }) else { return "" }
        return String(start[...last])
    }
}
