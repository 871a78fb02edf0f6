/// Rows in columns as wide as they need to be; where the terminal is narrower, the last column has several lines. A few cells that are much
/// longer than the others of their column do not make it wider: what follows them is on the next line. Where the columns do not fit all the
/// same, each row is a record: its first cell, and below it a line for each other cell.
struct Table {
    /// The least room for the last column next to the others.
    private static let leastRoom = 24

    var header: [String]
    var rows: [[String]] = []
    /// The column that a record is of.
    var subject = 0

    func text(_ terminal: Terminal) -> String {
        let natural = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        guard let columns = terminal.columns else { return lines(natural, terminal) }
        guard let widths = fitting(natural, columns) else { return records(terminal) }
        return lines(widths, terminal)
    }

    /// The widths of the columns on a terminal, where they fit with few exceptions; nil: they do not.
    private func fitting(_ natural: [Int], _ columns: Int) -> [Int]? {
        // A word is not broken: a path or a URL is there to be copied.
        let longest = rows.flatMap { $0.last?.split(separator: " ").map(\.count) ?? [] }.max() ?? 0
        let excess = Self.indent(natural) + min(max(Self.leastRoom, longest), natural.last ?? 0) - columns
        guard excess > 0 else { return natural }
        guard let widest = natural.indices.dropLast().max(by: { natural[$0] < natural[$1] }) else { return nil }
        let lengths = rows.map { $0[widest].count }
        let short = lengths.filter { $0 <= natural[widest] - excess }
        guard !short.isEmpty, short.count * 3 >= lengths.count * 2 else { return nil }
        // A heading is one of those that may be longer, as it is where it has a name.
        let heading = header[widest].count <= natural[widest] - excess ? header[widest].count : 0
        var widths = natural
        widths[widest] = max(short.max() ?? 0, heading)
        return widths
    }

    /// Where the last column begins.
    private static func indent(_ widths: [Int]) -> Int { widths.dropLast().reduce(0) { $0 + $1 + 2 } }

    private func lines(_ widths: [Int], _ terminal: Terminal) -> String {
        func line(_ cells: [String]) -> String {
            var (text, column) = ("", 0)
            for (cell, width) in zip(cells.dropLast(), widths) {
                column += width + 2
                text += cell
                text +=
                    cell.count > width
                    ? "\n" + String(repeating: " ", count: column)
                    : String(repeating: " ", count: width + 2 - cell.count)
            }
            text += cells.last.map { terminal.wrapped($0, indent: column) } ?? ""
            return text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { String($0).withoutTrailingBlanks }.joined(separator: "\n")
        }
        return ([terminal.styled(line(header), .bold)] + rows.map(line)).joined(separator: "\n") + "\n"
    }

    /// Cells that say nothing have no line.
    private func records(_ terminal: Terminal) -> String {
        let label = header.indices.map { $0 == subject ? 0 : header[$0].count }.max() ?? 0
        let records = rows.map { cells in
            let lines = header.indices.filter { $0 != subject && !["", "-"].contains(cells[$0]) }.map { column in
                let title = header[column].lowercased().column(label)
                return "  \(title)  \(terminal.wrapped(cells[column], indent: label + 4))\n"
            }
            return "\(terminal.wrapped(cells[subject], indent: 4))\n\(lines.joined())"
        }
        return "\(terminal.styled(header[subject], .bold))\n\(records.joined())"
    }
}
