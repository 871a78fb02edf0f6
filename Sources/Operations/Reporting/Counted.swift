/// `1 target`, `3 targets`: a number with its noun, whose plural has an `s`.
package func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
