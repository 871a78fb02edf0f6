internal import JSON
internal import PlainText
public import Rotation

/// One message to people or to their programs.
public struct Message: Hashable, Sendable {
    /// How soon a person should see it. The words are those of PagerDuty's Events API.
    public enum Severity: String, Sendable { case critical, error, warning, info }

    /// The longest text, in bytes: a service's answer may be long.
    private static let textLimit = 2_000
    /// The longest title, in bytes.
    private static let titleLimit = 200
    /// Users that the body names.
    private static let userLimit = 200

    /// An ``NotificationEvent/Occasion``, or `test`.
    public var event: String
    /// The same for the same news, however often it is sent.
    public var id: String
    /// A few words: who, and what.
    public var title: String
    /// One or a few sentences.
    public var text: String
    /// How soon a person should see it.
    public var severity: Severity
    /// What stays open until another message with the same incident ends it; nil: nothing.
    public var incident: String?
    /// Whether it ends the incident.
    public var endsIncident = false
    /// When it was made.
    public var at: Timestamp
    private var fields: [String: JSONValue]

    /// The body, as webhooks and commands get it. Deterministic, so that a receiver can compare.
    public var json: String { JSONValue.object(members).text }

    /// The members of the body.
    var members: [String: JSONValue] {
        var object = fields
        object["event"] = .string(event)
        object["id"] = .string(id)
        object["text"] = .string(text)
        object["severity"] = .string(severity.rawValue)
        if let incident { object["incident"] = .string(incident) }
        object["version"] = .integer(1)
        return object
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

    /// News of one user.
    ///
    /// - Parameter time: writes a moment as RFC 3339.
    public init(
        _ news: NotificationEvent, of user: String, _ rotation: Rotation, at now: Timestamp, time: (Timestamp) -> String
    ) {
        self.init(Notice(Notice.Member(user: user, rotation: rotation, news: news)), at: now, time: time)
    }

    /// What a notice says.
    init(_ notice: Notice, at now: Timestamp, time: (Timestamp) -> String) {
        let words = NoticeWords(notice)
        let first = notice.members[0]
        let news = first.news
        event = news.occasion.rawValue
        id = PlainText.line(notice.id, limit: Self.textLimit)
        title = PlainText.line(words.title, limit: Self.titleLimit)
        text = PlainText.line(words.text, limit: Self.textLimit)
        severity = words.severity
        incident = notice.incident.map { PlainText.line($0, limit: Self.textLimit) }
        endsIncident = news.occasion == .recovered
        at = now
        var fields: [String: JSONValue] = [
            "at": .string(time(now)), "user": .string(first.user), "rotation": .integer(Int64(news.rotation)),
            "phase": .string(first.rotation.phase.rawValue),
        ]
        if let key = news.key { fields["key"] = .string(key.rawValue) }
        if let problem = news.problem, news.occasion != .drift { fields["problem"] = .string(problem) }
        if let since = news.since { fields["since"] = .string(time(since)) }
        if let cause = notice.cause { fields["cause"] = .string(PlainText.line(cause.id, limit: Self.titleLimit)) }
        if notice.members.count > 1 || notice.isUpdate {
            fields["users"] = .array(notice.members.prefix(Self.userLimit).map { .string($0.user) })
            fields["user-count"] = .integer(Int64(notice.members.count + notice.known))
        }
        self.fields = fields
    }

    /// Ends an incident whose users are part of another one now.
    init(closing incident: String, for notice: Notice, at now: Timestamp, time: (Timestamp) -> String) {
        self.init(notice, at: now, time: time)
        event = NotificationEvent.Occasion.recovered.rawValue
        id = "recovered/\(incident)"
        self.incident = incident
        endsIncident = true
        severity = .info
    }

    /// A changed configuration cannot be used, or can be used again.
    ///
    /// - Parameter trouble: why it cannot; nil: it can again.
    init(
        configuration trouble: String?, incident: String, at now: Timestamp, since: Timestamp,
        time: (Timestamp) -> String
    ) {
        let occasion: NotificationEvent.Occasion = trouble == nil ? .recovered : .configuration
        event = occasion.rawValue
        id = trouble == nil ? "recovered/\(incident)" : incident
        title = trouble == nil ? "the configuration is in use" : "a changed configuration cannot be used"
        text = PlainText.line(
            trouble.map {
                "a changed configuration cannot be used: \($0). keyturn goes on with the one before; restarted, it would not start. "
                    + "Correct the file, and send SIGHUP to `keyturn run`"
            } ?? "the configuration can be used again, and keyturn works by it", limit: Self.textLimit)
        severity = trouble == nil ? .info : .error
        self.incident = incident
        endsIncident = trouble == nil
        at = now
        fields = ["at": .string(time(now)), "problem": .string("configuration"), "since": .string(time(since))]
    }

    /// A message to try the way with.
    public init(testAt now: Timestamp, time: (Timestamp) -> String) {
        event = "test"
        id = "test/\(now.milliseconds)"
        title = "a test of keyturn's notifications"
        text = "this is a test of keyturn's notifications; nothing has happened"
        severity = .info
        incident = id
        at = now
        fields = ["at": .string(time(now))]
    }
}
