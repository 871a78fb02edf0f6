/// Text that came from outside, made fit for one line of a message.
///
/// Control and formatting characters become blanks, blanks are put together, and what is longer than `limit` Unicode
/// scalars is cut and ends in `…`. Scalars, for one character can be of any length.
public func oneLine(_ text: String, limit: Int = 200) -> String {
    var line = String.UnicodeScalarView()
    var length = 0
    var isBlankDue = false
    for scalar in text.unicodeScalars {
        if scalar == " " || isInvisible(scalar) {
            isBlankDue = length > 0
            continue
        }
        let added = isBlankDue ? 2 : 1
        guard length + added <= limit else { return String(line) + "…" }
        if isBlankDue { line.append(" ") }
        line.append(scalar)
        length += added
        isBlankDue = false
    }
    return String(line)
}

/// Control characters, line ends, and the marks that change the direction in which a terminal writes.
private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
    default: false
    }
}
