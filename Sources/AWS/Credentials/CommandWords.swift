/// Splits a command line into words as Python's `shlex.split` does, which is botocore's rule for `credential_process`:
/// blanks separate, single quotes keep everything, double quotes know `\"` and `\\`, a backslash outside keeps the next.
enum CommandWords {
    /// - Returns: nil where a quote or an escape has no end.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var rest = line.unicodeScalars.makeIterator()
        while let scalar = rest.next() {
            switch scalar {
            case " ", "\t", "\n", "\r":
                if let done = word { words.append(done) }
                word = nil
            case "'", "\"":
                guard let quoted = quoted(until: scalar, &rest) else { return nil }
                word = (word ?? "") + quoted
            case "\\":
                guard let next = rest.next() else { return nil }
                word = (word ?? "") + String(next)
            default: word = (word ?? "") + String(scalar)
            }
        }
        if let word { words.append(word) }
        return words
    }

    private static func quoted(
        until end: Unicode.Scalar, _ rest: inout String.UnicodeScalarView.Iterator
    ) -> String? {
        var text = ""
        while let scalar = rest.next() {
            if scalar == end { return text }
            guard scalar == "\\", end == "\"" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            guard let next = rest.next() else { return nil }
            if next != "\"", next != "\\" { text.unicodeScalars.append(scalar) }
            text.unicodeScalars.append(next)
        }
        return nil
    }
}
