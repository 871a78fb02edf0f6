/// Help with names that are not known. The SDK needs nothing of the core, so it has its own.
enum Spelling {
    /// "unknown field `x`; did you mean `y`?"
    static func unknown(_ name: String, among known: some Sequence<String>) -> String {
        let near = known.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let near, near.distance <= max(1, name.count / 3) else {
            return "unknown field `\(name)`; known here: \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))"
        }
        return "unknown field `\(name)`; did you mean `\(near.name)`?"
    }

    /// Levenshtein's distance: insertions, deletions and replacements that make one of the other.
    private static func distance(_ left: String, _ right: String) -> Int {
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
