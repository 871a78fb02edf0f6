/// Help with names that are not known.
public enum Spelling {
    /// "unknown field `x` in `place`; did you mean `y`?"
    ///
    /// - Parameter place: what has it; empty: it is not said.
    public static func unknown(_ name: String, among known: some Sequence<String>, in place: String = "") -> String {
        let known = known.sorted()
        let field = "unknown field `\(name)`" + (place.isEmpty ? "" : " in `\(place)`")
        if let near = nearest(to: name, among: known) { return "\(field); did you mean `\(near)`?" }
        let list = known.map { "`\($0)`" }.joined(separator: ", ")
        return field + (known.isEmpty ? "" : "; known here: \(list)")
    }

    /// The known name that is nearest, if one is near enough to be meant.
    public static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let candidates = known.map { ($0, distance(name.lowercased(), $0.lowercased())) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= max(1, name.count / 3) else { return nil }
        return best.0
    }

    /// Insertions, deletions, replacements and exchanges of neighbours that make one of the other ("optimal string alignment").
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var before = [Int](repeating: 0, count: right.count + 1)
        var row = Array(0...right.count)
        for index in left.indices {
            var next = [index + 1]
            for column in right.indices {
                var least = min(
                    row[column] + (left[index] == right[column] ? 0 : 1), row[column + 1] + 1, next[column] + 1)
                if index > 0, column > 0, left[index] == right[column - 1], left[index - 1] == right[column] {
                    least = min(least, before[column - 1] + 1)
                }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
