internal import JSON

/// What `find` saw as CSV, for spreadsheets: a line for each place. RFC 4180, but for line ends as a terminal has them. `keyturn import` reads it, edited or not.
package enum FindCSV {
    static let columns = [
        "standing", "user", "pusher", "place", "names", "key", "key-status", "key-created", "last-used", "written",
        "state",
        "overridden-by", "target", "note", "fields", "evidence", "proved",
    ]

    package static func text(of document: FindDocument) -> String {
        let rows = document.find.places.map { place in
            [
                place.standing.rawValue, place.user ?? "", place.pusher, place.place,
                place.names.joined(separator: " "),
                place.key ?? "", place.keyStatus ?? "", place.keyCreated ?? "", place.lastUsed?.at ?? "",
                place.written ?? "", place.state ?? "", place.shadowedBy.joined(separator: "; "), place.target ?? "",
                place.note ?? "",
                place.fields.isEmpty ? "" : JSONValue.object(place.fields.mapValues { .string($0) }).text,
                place.evidence?.rawValue ?? "", place.proved ?? "",
            ]
        }
        return ([columns] + rows).map { $0.map(CSVCell.text).joined(separator: ",") + "\n" }.joined()
    }

    /// The rows of a CSV text, by the names of its first line.
    ///
    /// - Throws: where it is none, with the line.
    static func rows(_ text: String) throws(CSVError) -> [(line: Int, cells: [String: String])] {
        var records = try records(text)
        guard !records.isEmpty else { throw CSVError(line: 1, reason: "is empty") }
        let header = records.removeFirst().cells.map { $0.lowercased() }
        for name in ["pusher", "user"] where !header.contains(name) {
            throw CSVError(line: 1, reason: "has no column `\(name)`: it must be what `keyturn find --csv` printed")
        }
        var rows: [(line: Int, cells: [String: String])] = []
        for record in records where record.cells != [""] {
            guard record.cells.count <= header.count else {
                throw CSVError(
                    line: record.line, reason: "has \(record.cells.count) cells, and the first line \(header.count)")
            }
            let cells = record.cells.map { $0.hasPrefix("'") ? String($0.dropFirst()) : $0 }
            rows.append((record.line, Dictionary(zip(header, cells)) { first, _ in first }))
        }
        return rows
    }

    /// A semicolon in place of the comma is what spreadsheets of some languages write.
    private static func records(_ text: String) throws(CSVError) -> [(line: Int, cells: [String])] {
        var records: [(line: Int, cells: [String])] = []
        var (cells, cell, isQuoted, wasQuoted) = ([String](), String.UnicodeScalarView(), false, false)
        var (line, start) = (1, 1)
        let scalars = Array((text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text).unicodeScalars)
        let first = scalars.prefix { $0 != "\n" }
        let separator: Unicode.Scalar = first.contains(",") ? "," : first.contains(";") ? ";" : "\t"
        func end() {
            cells.append(String(cell))
            (cell, wasQuoted) = (.init(), false)
        }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            let next = index + 1 < scalars.count ? scalars[index + 1] : nil
            index += 1
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"" where isQuoted && next == "\"":
                cell.append(scalar)
                index += 1
            case "\"" where isQuoted: (isQuoted, wasQuoted) = (false, true)
            case "\"" where cell.isEmpty && !wasQuoted: isQuoted = true
            case _ where isQuoted: cell.append(scalar)
            case separator: end()
            case "\r" where next == "\n": break
            case "\n":
                end()
                records.append((start, cells))
                (cells, start) = ([], line)
            default: cell.append(scalar)
            }
        }
        guard !isQuoted else { throw CSVError(line: start, reason: "has a quotation mark that is not closed") }
        if !cell.isEmpty || !cells.isEmpty {
            end()
            records.append((start, cells))
        }
        return records
    }
}

/// A text that is not CSV of keyturn's.
struct CSVError: Error {
    var line: Int
    var reason: String
}
