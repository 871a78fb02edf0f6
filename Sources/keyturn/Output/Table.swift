/// Rows in columns as wide as they need to be; where the terminal is narrower, the last column has several lines.
struct Table {
    var header: [String]
    var rows: [[String]] = []

    func text(_ terminal: Terminal) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells.dropLast(), widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let last = cells.last.map { terminal.wrapped($0, indent: indent) } ?? ""
            return String((padded + [last]).joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        return ([terminal.styled(line(header), .bold)] + rows.map(line)).joined(separator: "\n") + "\n"
    }
}
