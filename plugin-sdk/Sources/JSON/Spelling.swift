/// Help with names that are not known.
public enum Spelling {
    /// "unknown field `x`; did you mean `y`?"
    public static func unknown(_ name: String, among known: some Sequence<String>) -> String {
        let known = known.sorted()
        if let near = nearest(to: name, among: known) { return "unknown field `\(name)`; did you mean `\(near)`?" }
        let list = known.map { "`\($0)`" }.joined(separator: ", ")
        return "unknown field `\(name)`" + (known.isEmpty ? "" : "; known here: \(list)")
    }

    /// The known name that is nearest, if one is near enough to be meant.
    public static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let candidates = known.map { ($0, distance(name.lowercased(), $0.lowercased())) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    /// Levenshtein's distance: insertions, deletions and replacements that make one of the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (right[column] == character ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
