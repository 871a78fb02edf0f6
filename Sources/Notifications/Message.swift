internal import JSON
internal import PlainText
public import Rotation

/// One message to people or to their programs.
public struct Message: Hashable, Sendable {
    /// The longest text, in bytes: a service's answer may be long.
    private static let textLimit = 2_000

    /// An ``NotificationEvent/Occasion``, or `test`.
    public var event: String
    /// The same for the same news, however often it is sent.
    public var id: String
    /// One or two sentences.
    public var text: String
    private let fields: [String: JSONValue]

    /// The body, as webhooks and commands get it. Deterministic, so that a receiver can compare.
    public var json: String {
        var object = fields
        object["event"] = .string(event)
        object["id"] = .string(id)
        object["text"] = .string(text)
        object["version"] = .integer(1)
        return JSONValue.object(object).text
    }

    /// The body as Slack and those who speak like it want it.
    ///
    /// Source: "Formatting text for app surfaces" of Slack: these three characters are control characters.
    public var slack: String {
        let escaped = text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return JSONValue.object(["text": .string("keyturn: " + escaped)]).text
    }

    /// News of a user.
    ///
    /// - Parameter time: writes a moment as RFC 3339.
    public init(
        _ news: NotificationEvent, of user: String, _ rotation: Rotation, at now: Timestamp, time: (Timestamp) -> String
    ) {
        event = news.occasion.rawValue
        let moment = news.since.map { "/\($0.milliseconds)" } ?? ""
        let subject = news.occasion == .drift ? "drift" : news.problem ?? news.key?.rawValue ?? ""
        id = "\(user)/\(news.rotation)/\(event)/\(subject)\(moment)"
        let sentence =
            switch news.occasion {
            case .blocked: "\(user) needs attention: \(news.message ?? "it does not go on")"
            case .drift: "\(user): a target has changed: \(news.message ?? "it shows another key than was confirmed")"
            case .overAge:
                "\(user): the key \(news.key?.rawValue ?? "") is Active and older than max-age"
                    + (rotation.trouble.map { ": \($0)" } ?? "")
            case .recovered: "\(user) goes on: what blocked it (\(news.problem ?? "a problem")) is over"
            case .completed:
                "\(user): rotation \(news.rotation) is complete, every target holds \(news.key?.rawValue ?? "the new key")"
            case .revoked: "\(user): the leaked key \(news.key?.rawValue ?? "") is dead"
            }
        text = PlainText.line(sentence.replacing(" USER", with: " \(user)"), limit: Self.textLimit)
        var fields: [String: JSONValue] = [
            "at": .string(time(now)), "user": .string(user), "rotation": .integer(Int64(news.rotation)),
            "phase": .string(rotation.phase.rawValue),
        ]
        if let key = news.key { fields["key"] = .string(key.rawValue) }
        if let problem = news.problem, news.occasion != .drift { fields["problem"] = .string(problem) }
        if let since = news.since { fields["since"] = .string(time(since)) }
        self.fields = fields
    }

    /// A message to try the way with.
    public init(testAt now: Timestamp, time: (Timestamp) -> String) {
        event = "test"
        id = "test/\(now.milliseconds)"
        text = "this is a test of keyturn's notifications; nothing has happened"
        fields = ["at": .string(time(now))]
    }
}
