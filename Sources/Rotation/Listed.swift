/// `a, b, c, d, e and 7 more`: names in a sentence.
///
/// - Parameters:
///   - most: how many are named; the others are counted.
///   - separator: what comes between them, for names that have commas of their own.
package func listed(_ names: some Collection<String>, most: Int = 5, by separator: String = ", ") -> String {
    names.prefix(most).joined(separator: separator) + (names.count > most ? " and \(names.count - most) more" : "")
}

/// ` (and 7 more)`: what follows the first of several, of which a sentence goes on to speak.
func andMore(of count: Int) -> String { count > 1 ? " (and \(count - 1) more)" : "" }
