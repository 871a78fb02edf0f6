extension StringProtocol {
    /// The text up to its last character that is seen.
    var withoutTrailingBlanks: String { String(reversed().drop { $0 == " " }.reversed()) }
}

extension String {
    /// The text in a column: cut, or filled up with blanks.
    ///
    /// - Parameter width: in characters.
    func column(_ width: Int) -> String { prefix(width) + String(repeating: " ", count: max(0, width - count)) }
}
