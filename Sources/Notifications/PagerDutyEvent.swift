internal import JSON
internal import PlainText
internal import Secrets

/// A message as an event of PagerDuty's Events API, version 2.
///
/// Source: the API's OpenAPI description (`events-v2` of PagerDuty's api-schema), and "Send an Alert Event": `dedup_key` has at most 255
/// characters and `summary` 1024; a resolve needs the key alone.
struct PagerDutyEvent {
    private static let longestKey = 255
    private static let longestSummary = 1_024

    private let object: [String: JSONValue]

    /// - Parameters:
    ///   - source: the machine's name.
    ///   - time: the message's, as RFC 3339.
    /// - Returns: nil where there is nothing to open or to end.
    init?(_ message: Message, source: String) {
        guard let incident = message.incident else { return nil }
        var object: [String: JSONValue] = [
            "dedup_key": .string(Self.key(incident)),
            "event_action": .string(message.endsIncident ? "resolve" : "trigger"),
        ]
        if !message.endsIncident {
            var details = message.members
            details["version"] = nil
            var payload: [String: JSONValue] = [
                "summary": .string(PlainText.line("keyturn: \(message.text)", limit: Self.longestSummary)),
                "source": .string(source), "severity": .string(message.severity.rawValue),
                "component": .string("keyturn"), "class": .string(message.event),
                "custom_details": .object(details),
            ]
            if let at = details["at"] { payload["timestamp"] = at }
            if let cause = details["cause"] ?? details["problem"] { payload["group"] = cause }
            object["client"] = .string("keyturn")
            object["payload"] = .object(payload)
        }
        self.object = object
    }

    /// The body. The integration key is put in as bytes: it is a secret, and of letters and digits alone.
    func body(with key: Secret) -> Secret {
        var bytes = Array(#"{"routing_key":""#.utf8)
        key.withBytes { bytes += $0 }
        bytes += #"","#.utf8
        bytes += JSONValue.object(object).text.utf8.dropFirst()
        return Secret.taking(&bytes)
    }

    /// What is too long keeps its beginning, for people, and gets a digest of all of it.
    static func key(_ incident: String) -> String {
        guard incident.utf8.count > longestKey else { return incident }
        let digest = Notice.digest([incident])
        return PlainText.line(incident, limit: longestKey - digest.utf8.count - 1) + "/" + digest
    }
}
