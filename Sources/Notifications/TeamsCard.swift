internal import JSON

/// A message as a workflow of Microsoft Teams takes it ("Post to a channel when a webhook request is received"): a message with an
/// Adaptive Card.
///
/// Source: "Create and send messages" of Microsoft's Teams documentation, and the schema of Adaptive Cards 1.4. A message has at most 28 KB.
/// Runs of text and no text blocks: these are Markdown, in which a service's answer could hide a link.
struct TeamsCard {
    private let message: Message

    init(_ message: Message) { self.message = message }

    var json: String {
        let color =
            switch message.severity {
            case .critical, .error: "attention"
            case .warning: "warning"
            case .info: message.endsIncident ? "good" : "default"
            }
        let title: [String: JSONValue] = [
            "type": .string("TextRun"), "text": .string("keyturn: \(message.title)"), "weight": .string("bolder"),
            "size": .string("medium"), "color": .string(color),
        ]
        let text: [String: JSONValue] = ["type": .string("TextRun"), "text": .string(message.text)]
        let id: [String: JSONValue] = [
            "type": .string("TextRun"), "text": .string(message.id), "isSubtle": .bool(true), "size": .string("small"),
        ]
        let card: [String: JSONValue] = [
            "$schema": .string("http://adaptivecards.io/schemas/adaptive-card.json"),
            "type": .string("AdaptiveCard"), "version": .string("1.4"),
            "body": .array([title, text, id].map { Self.block($0) }),
            "msteams": .object(["width": .string("Full")]),
            // What is shown in notifications, and read aloud.
            "fallbackText": .string("keyturn: \(message.title)"),
        ]
        let attachment: [String: JSONValue] = [
            "contentType": .string("application/vnd.microsoft.card.adaptive"), "contentUrl": .null,
            "content": .object(card),
        ]
        return JSONValue.object([
            "type": .string("message"), "attachments": .array([.object(attachment)]),
        ]).text
    }

    private static func block(_ run: [String: JSONValue]) -> JSONValue {
        .object(["type": .string("RichTextBlock"), "inlines": .array([.object(run)])])
    }
}
