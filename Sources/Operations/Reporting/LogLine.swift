internal import JSON
internal import PlainText

/// One line of the log: a sentence for people, and what programs look for.
package struct LogLine: Sendable {
    /// What a line is about, as far as it is known. The names are those of the JSON form.
    package struct Fields: Hashable, Sendable {
        package var user: String?
        package var target: String?
        package var pusher: String?
        package var rotation: Int?
        package var key: String?
        /// What happened, by the word that the history has for it.
        package var event: String?
        /// The kind of problem, or the outcome of a push.
        package var code: String?
        /// The ID that AWS gave a request.
        package var requestID: String?
        /// The ID that the service of a target gave a request.
        package var serviceRequestID: String?

        package init(user: String? = nil, target: String? = nil, pusher: String? = nil, code: String? = nil) {
            (self.user, self.target, self.pusher, self.code) = (user, target, pusher, code)
        }
    }

    /// The longest message, in bytes.
    private static let messageLimit = 4_000
    /// The longest of the other texts, in bytes.
    private static let fieldLimit = 256

    package var level: EventLog.Level
    package var message: String
    package var fields: Fields

    package init(level: EventLog.Level, message: String, fields: Fields = Fields()) {
        (self.level, self.message, self.fields) = (level, message, fields)
    }

    /// Without the time: `info    bot: created AKIA…`
    package var text: String {
        let name = level.rawValue
        return name + String(repeating: " ", count: max(0, 7 - name.utf8.count)) + " " + message(as: Self.messageLimit)
    }

    private func message(as limit: Int) -> String { PlainText.line(message, limit: limit) }

    /// One JSON object: time, level and message first, for whoever reads it with bare eyes.
    ///
    /// - Parameter time: RFC 3339 in UTC, with milliseconds.
    package func json(at time: String) -> String {
        var members: [(String, JSONValue)] = [
            ("time", .string(time)), ("level", .string(level.rawValue)),
            ("message", .string(message(as: Self.messageLimit))),
        ]
        let texts = [
            ("event", fields.event), ("user", fields.user), ("target", fields.target), ("pusher", fields.pusher),
            ("key", fields.key), ("code", fields.code), ("request-id", fields.requestID),
            ("service-request-id", fields.serviceRequestID),
        ]
        for (name, value) in texts {
            guard let value else { continue }
            members.append((name, .string(PlainText.line(value, limit: Self.fieldLimit))))
        }
        if let rotation = fields.rotation { members.append(("rotation", .integer(Int64(rotation)))) }
        return "{" + members.map { "\"\($0)\":\(Self.escaped($1.text))" }.joined(separator: ",") + "}"
    }

    /// The line separators of Unicode end a line for some readers, though not for JSON.
    private static func escaped(_ text: String) -> String {
        text.replacing("\u{2028}", with: "\\u2028").replacing("\u{2029}", with: "\\u2029")
    }
}
