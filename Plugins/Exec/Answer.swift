import PusherKit

/// What a program says on its standard output: a JSON object, or a line of text.
struct Answer {
    /// For the operator.
    var message: String?
    /// The key ID that the place holds, as the program has read it.
    var keyID: String?
    /// When the place was written, as RFC 3339.
    var changedAt: String?
    var evidence = Evidence.acknowledged

    private struct Fields: JSONReadable {
        let message: String?
        let keyID: String?
        let changedAt: String?

        init(json fields: JSONValue) throws(JSONMismatch) {
            message = try fields.optional("message")
            keyID = try fields.optional("key-id")
            changedAt = try fields.optional("changed-at")
        }
    }

    init(_ output: SecretBytes) {
        if let json = try? output.json(), let fields = try? Fields(json: json) {
            (message, keyID, changedAt) = (
                fields.message.map { oneLine($0, limit: 400) }, fields.keyID, fields.changedAt
            )
            if changedAt != nil { evidence = .timestamp }
        } else if let text = output.text {
            let line = oneLine(String(text.prefix { $0 != "\n" }), limit: 400)
            message = line.isEmpty ? nil : line
        }
    }
}
