internal import JSON

/// What an event says has leaked: nothing, for nearly every event. The rest of it is not believed.
///
/// Two forms are known. AWS Health says that it has seen a key in public (source `aws.health`; the codes are those of AWS Health's event
/// types for the service RISK), and names keys or users as affected entities. And whoever may invoke the function may name a key:
/// `{"keyturn": {"revoke": "AKIA…"}}`.
package struct LeakNotice: Hashable, Sendable {
    /// What is named.
    enum Subject: Hashable, Sendable {
        /// An access key, by its ID.
        case key(String)
        /// An IAM user, by name: the key that its targets hold.
        case userName(String)

        /// As the event has it.
        var text: String {
            switch self {
            case .key(let text), .userName(let text): text
            }
        }
    }

    /// Event types of AWS Health that say that a key is known to others.
    static let eventTypes: Set<String> = [
        "AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_COMPROMISED", "AWS_RISK_IAM_QUARANTINE",
    ]
    /// Entities that are looked at.
    static let longestList = 100
    /// The largest event, in bytes.
    package static let longestEvent = 6 << 20

    /// What has leaked; empty: the event is about something else.
    var subjects: [Subject] = []
    /// What looks like a notice and cannot be read, in words.
    var problems: [String] = []

    /// Reads an event.
    ///
    /// - Parameter bytes: of any origin. What is not JSON has a problem, and no subjects.
    package init(event bytes: [UInt8]) {
        guard bytes.count <= Self.longestEvent else {
            problems = ["the event has \(bytes.count) bytes; it may have \(Self.longestEvent)"]
            return
        }
        guard let event = JSONValue(parsing: bytes) else {
            problems = ["the event is not JSON"]
            return
        }
        if let order = event["keyturn"] { readOrder(order) }
        if event["source"]?.string == "aws.health" { readHealth(event) }
    }

    private mutating func readOrder(_ order: JSONValue) {
        guard let text = order["revoke"]?.string, case .key(let key) = Self.subject(text) else {
            problems.append("`keyturn` of the event must be {\"revoke\": KEYID}")
            return
        }
        subjects.append(.key(key))
    }

    private mutating func readHealth(_ event: JSONValue) {
        guard let detail = event["detail"], let code = detail["eventTypeCode"]?.string, Self.eventTypes.contains(code)
        else {
            return
        }
        // It has been dealt with; the user of that name may hold another key by now.
        if detail["statusCode"]?.string == "closed" { return }
        let entities = detail["affectedEntities"]?.array ?? []
        if entities.isEmpty { problems.append("\(code) of AWS Health names no affected entities") }
        if entities.count > Self.longestList {
            problems.append(
                "\(code) of AWS Health names \(entities.count) entities; the first \(Self.longestList) count")
        }
        for entity in entities.prefix(Self.longestList) {
            guard let text = entity["entityValue"]?.string, let subject = Self.subject(text) else {
                problems.append("\(code) of AWS Health names an entity that is neither a key nor a user")
                continue
            }
            if !subjects.contains(subject) { subjects.append(subject) }
        }
    }

    /// A key ID, the name of an IAM user, or its ARN.
    private static func subject(_ text: String) -> Subject? {
        if (16...128).contains(text.utf8.count), text.hasPrefix("AKIA") || text.hasPrefix("ASIA"),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        {
            return .key(text)
        }
        var name = Substring(text)
        if text.hasPrefix("arn:") {
            guard text.contains(":user/"), let slash = text.lastIndex(of: "/") else { return nil }
            name = text[text.index(after: slash)...]
        }
        let isName =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "+=,.@_-".utf8.contains($0)
            }
        return isName ? .userName(String(name)) : nil
    }
}
