/// Rows in columns as wide as they need to be.
struct Table {
    var header: [String]
    var rows: [[String]] = []

    func text(_ terminal: Terminal) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        return ([terminal.styled(line(header), .bold)] + rows.map(line)).joined(separator: "\n") + "\n"
    }
}
