/// `1 target`, `3 targets`: a number with its noun, whose plural has an `s`.
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

/// `a, b, c, d, e and 7 more`: names in a sentence.
func listed(_ names: [String], most: Int = 5) -> String {
    names.prefix(most).joined(separator: ", ") + (names.count > most ? " and \(names.count - most) more" : "")
}
