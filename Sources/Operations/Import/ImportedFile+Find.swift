internal import FoundationEssentials
internal import JSON

/// What `keyturn find` printed, edited or not.
extension ImportedFile {
    /// A line of it, from CSV or JSON.
    private struct Row {
        var subject: String
        var standing: String
        var user: String
        var pusher: String
        var fields: [String: String]?
        var key: String
        var names: String
        var target: String
        var state: String
        var lastUsed: String
        var written: String
        var overridden: String
        var evidence: String
        var proved: String
    }

    init(csv text: String) throws(ImportFailure) {
        let rows: [(line: Int, cells: [String: String])]
        do throws(CSVError) { rows = try FindCSV.rows(text) } catch {
            throw ImportFailure(line: error.line, message: "the file \(error.reason)")
        }
        self.init(
            try rows.map { line, cells throws(ImportFailure) in
                func cell(_ name: String) -> String { cells[name] ?? "" }
                let text = cell("fields")
                let fields = text.isEmpty ? [:] : (try? JSONValue(parsing: text))?.object?.compactMapValues(\.string)
                guard let fields else {
                    throw ImportFailure(line: line, message: "`fields` is not a JSON object of texts")
                }
                return Row(
                    subject: "\(cell("pusher")):\(cell("place"))", standing: cell("standing"), user: cell("user"),
                    pusher: cell("pusher"), fields: fields, key: cell("key"), names: cell("names"),
                    target: cell("target"),
                    state: cell("state"), lastUsed: cell("last-used"), written: cell("written"),
                    overridden: cell("overridden-by"), evidence: cell("evidence"), proved: cell("proved"))
            })
    }

    init(find text: String) throws(ImportFailure) {
        let document: FindDocument
        do { document = try JSONDecoder().decode(FindDocument.self, from: Data(text.utf8)) } catch {
            throw ImportFailure(message: "it is not what `keyturn find --json` prints: \(error)")
        }
        self.init(
            document.find.places.map { place in
                Row(
                    subject: "\(place.pusher):\(place.place)", standing: place.standing.rawValue,
                    user: place.user ?? "",
                    pusher: place.pusher, fields: place.fields, key: place.key ?? "",
                    names: place.names.joined(separator: " "), target: place.target ?? "", state: place.state ?? "",
                    lastUsed: place.lastUsed?.at ?? "", written: place.written ?? "",
                    overridden: place.shadowedBy.joined(separator: "; "),
                    evidence: place.evidence?.rawValue ?? "", proved: place.proved ?? "")
            })
    }

    private init(_ rows: [Row]) {
        for row in rows {
            if let reason = Self.reason(notToTake: row) {
                if reason != Self.managed { leftOut.append("\(row.subject) (\(row.names)): \(reason)") }
                continue
            }
            targets.append(
                ImportedTarget(user: row.user, pusher: row.pusher, fields: row.fields ?? [:], why: Self.why(row)))
        }
    }

    private static let managed = "a target is this place already"

    private static func reason(notToTake row: Row) -> String? {
        let fields = row.fields ?? [:]
        if !row.target.isEmpty { return managed }
        if row.standing == FindDocument.Standing.dead.rawValue {
            return "its key is inactive or deleted: delete it there, or fill in the user's live key first"
        }
        if row.standing == FindDocument.Standing.foreign.rawValue { return "its key is of another account" }
        if fields.isEmpty { return "no target can be this place: keyturn cannot write there" }
        if !row.state.isEmpty { return "not in use, or not to be written: \(row.state)" }
        if row.user.isEmpty { return "its user is not known: fill in the column `user`" }
        let isPair = fields["credentials-file"] == nil
        if isPair, fields["access-key-id"] == nil || fields["secret-access-key"] == nil {
            return "only one of the two variables was found there: add the other one's name to `fields`"
        }
        return nil
    }

    /// What a log proved, in the comment at a target.
    private static let proofWords = [
        FindDocument.Evidence.used.rawValue: "which a job used at",
        FindDocument.Evidence.present.rawValue: "which a job was given at",
    ]

    private static func why(_ row: Row) -> String {
        let held = row.key.isEmpty ? "\(row.names), by name" : "held \(row.key)"
        let proof = proofWords[row.evidence].map { ", \($0) \(row.proved)" } ?? ""
        let used = row.lastUsed.isEmpty ? "" : ", last used \(row.lastUsed)"
        let written = row.written.isEmpty ? "" : ", written \(row.written)"
        let overridden = row.overridden.isEmpty ? "" : "; overridden by \(row.overridden)"
        return "keyturn find: \(row.standing), \(held)\(proof)\(used)\(written)\(overridden)"
    }
}
