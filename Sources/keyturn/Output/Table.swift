/// Rows in columns as wide as they need to be; where the terminal is narrower, the last column has several lines. Where there is hardly
/// room for it, it is put below its row; where the others do not fit either, each row is a record: its first cell, and below it a line
/// for each other cell.
struct Table {
    /// The least room for the last column next to the others.
    private static let leastRoom = 24

    var header: [String]
    var rows: [[String]] = []
    /// The column that a record is of.
    var subject = 0

    func text(_ terminal: Terminal) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        if let columns = terminal.columns, header.count > 2, indent - 2 > columns { return records(terminal) }
        let isStacked = terminal.columns.map { $0 - indent < min(Self.leastRoom, widths.last ?? 0) } ?? false
        func line(_ cells: [String]) -> String {
            let padded = zip(cells.dropLast(), widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let last = cells.last.map { terminal.wrapped($0, indent: isStacked ? 4 : indent) } ?? ""
            let row = (isStacked ? padded : padded + [last]).joined(separator: "  ")
            let trimmed = row.withoutTrailingBlanks
            return isStacked && !last.isEmpty ? "\(trimmed)\n    \(last)" : trimmed
        }
        let head = isStacked ? Array(header.dropLast()) + [""] : header
        return ([terminal.styled(line(head), .bold)] + rows.map(line)).joined(separator: "\n") + "\n"
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
