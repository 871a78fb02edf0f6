import JSON
import Programs
import Rotation
import Secrets
import Testing

@testable import Notifications

/// The forms of messages, by the contracts of those that take them.
@Suite("Ways")
struct WayTests {
    private static let start = Timestamp(milliseconds: 1_795_341_600_000)

    private func notice(_ occasion: NotificationEvent.Occasion, _ text: String = "look", user: String = "bot") -> Notice
    {
        let news = NotificationEvent(
            occasion: occasion, rotation: 3, problem: "denied", since: Self.start, message: text, ended: .blocked)
        return Notice(
            Notice.Member(user: user, rotation: Rotation(at: Self.start), news: news), incident: "bot/3/blocked/denied")
    }

    private func message(_ occasion: NotificationEvent.Occasion, _ text: String = "look", user: String = "bot")
        -> Message
    {
        Message(notice(occasion, text, user: user), at: Self.start) { _ in "2026-11-22T10:00:00Z" }
    }

    private func pagerDuty(_ message: Message) throws -> JSONValue {
        let event = try #require(PagerDutyEvent(message, source: "box"))
        let key = Secret.text("0123456789abcdef0123456789abcdef")
        return try JSONValue(parsing: event.body(with: key).withBytes { String(decoding: $0, as: UTF8.self) })
    }

    @Test("PagerDuty gets a trigger with all that it needs, and a resolve with the same key")
    func incidents() throws {
        let trigger = try pagerDuty(message(.blocked, "a \"quoted\" answer"))
        #expect(trigger["routing_key"] == .string("0123456789abcdef0123456789abcdef"))
        #expect(trigger["event_action"] == .string("trigger"))
        #expect(trigger["dedup_key"] == .string("bot/3/blocked/denied"))
        let payload = try #require(trigger["payload"])
        #expect(payload["severity"] == .string("error") && payload["source"] == .string("box"))
        #expect(payload["summary"] == .string("keyturn: bot needs attention: a \"quoted\" answer"))
        #expect(payload["timestamp"] == .string("2026-11-22T10:00:00Z"))
        #expect(payload["custom_details"]?["user"] == .string("bot"))
        let resolve = try pagerDuty(message(.recovered))
        #expect(resolve["event_action"] == .string("resolve") && resolve["payload"] == nil)
        #expect(resolve["dedup_key"] == trigger["dedup_key"])
    }

    @Test("PagerDuty's limits are kept: 255 characters of a key, 1024 of a summary")
    func limits() throws {
        var long = message(.blocked, String(repeating: "x", count: 5_000))
        long.incident = String(repeating: "i", count: 400)
        var other = long
        other.incident?.append("j")
        let (one, two) = (try pagerDuty(long), try pagerDuty(other))
        #expect((one["dedup_key"]?.string?.utf8.count ?? 0) <= 255)
        #expect(one["dedup_key"] != two["dedup_key"])
        #expect((one["payload"]?["summary"]?.string?.utf8.count ?? 0) <= 1_024)
        // What opens nothing there is not sent.
        #expect(
            PagerDutyEvent(Message(Notice(notice(.completed).members[0]), at: Self.start) { _ in "" }, source: "")
                == nil)
    }

    @Test("Teams gets a card whose texts are no Markdown")
    func card() throws {
        let text = "see [here](https://evil.example.com) and *this*"
        let json = TeamsCard(message(.blocked, text)).json
        let body = try JSONValue(parsing: json)
        let attachment = try #require(body["attachments"]?.array?.first)
        #expect(body["type"] == .string("message"))
        #expect(attachment["contentType"] == .string("application/vnd.microsoft.card.adaptive"))
        let card = try #require(attachment["content"])
        #expect(card["type"] == .string("AdaptiveCard"))
        let blocks = card["body"]?.array ?? []
        #expect(!blocks.isEmpty && blocks.allSatisfy { $0["type"] == .string("RichTextBlock") })
        #expect(blocks[1]["inlines"]?.array?.first?["text"] == .string("bot needs attention: \(text)"))
        #expect(!json.contains("\"TextBlock\""))
        #expect(TeamsCard(message(.blocked, String(repeating: "\u{1F511}", count: 9_000))).json.utf8.count < 28 << 10)
    }

    private func route(to: [String] = ["ops@example.com"]) -> MailRoute {
        MailRoute(
            from: "keyturn@example.com", to: to,
            program: Program(["/usr/sbin/sendmail"], environment: [:], timeLimit: .seconds(1)))
    }

    @Test("a letter has the fields of RFC 5322, and no answer of a service can add one")
    func letter() {
        let hostile = message(.blocked, "x\r\nBcc: evil@example.com\r\n\r\nbody", user: "bot\r\nBcc: evil@example.com")
        let text = route(to: ["a@example.com", "b@example.com"]).letter(hostile, host: "box")
        let parts = text.split(separator: "\n\n", maxSplits: 1)
        let lines = parts[0].split(separator: "\n")
        #expect(lines[0] == "From: keyturn <keyturn@example.com>")
        #expect(lines[1] == "To: a@example.com," && lines[2] == " b@example.com")
        #expect(lines.contains("Date: Sun, 22 Nov 2026 10:00:00 +0000"))
        #expect(lines.contains("Content-Transfer-Encoding: base64"))
        #expect(!lines.contains { $0.hasPrefix("Bcc") } && !text.contains("\r"))
        #expect(lines.contains { $0.hasPrefix("Subject: [keyturn] bot Bcc: evil@example.com is blocked") })
        #expect(parts[1].split(separator: "\n").allSatisfy { $0.utf8.count <= 76 })
        #expect(lines.allSatisfy { $0.utf8.count <= 998 })
    }

    @Test("what ends an incident is an answer to what opened it")
    func thread() {
        func field(_ name: String, _ text: String) -> Substring? {
            text.split(separator: "\n").first { $0.hasPrefix(name + ": ") }?.dropFirst(name.count + 2)
        }
        var opening = message(.blocked)
        opening.id = "bot/3/blocked/denied"
        let (open, end) = (route().letter(opening, host: "box"), route().letter(message(.recovered), host: "box"))
        #expect(field("Message-ID", open)?.hasSuffix(".keyturn@box>") == true)
        #expect(field("In-Reply-To", end) == field("Message-ID", open))
        #expect(field("In-Reply-To", open) == nil)
        #expect(field("Message-ID", route().letter(opening, host: "b\nx"))?.hasSuffix("@keyturn.invalid>") == true)
    }

    @Test("a subject that is not ASCII is in words of RFC 2047, each of whole characters")
    func subject() {
        #expect(MailRoute.encoded("plain") == "plain")
        #expect(MailRoute.encoded("schlüssel") == "=?utf-8?B?c2NobMO8c3NlbA==?=")
        let words = MailRoute.encoded(String(repeating: "ü", count: 60)).split(separator: "\n ")
        #expect(words.count > 1 && words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?utf-8?B?") })
        #expect(MailRoute.encoded("=?utf-8?B?eA==?=").hasPrefix("=?utf-8?B?PT91"))
    }

    @Test("receivers are arguments of the program, after the end of its options")
    func arguments() {
        #expect(
            route(to: ["a@example.com", "b@example.com"]).complete.words == [
                "/usr/sbin/sendmail", "-i", "-f", "keyturn@example.com", "--", "a@example.com", "b@example.com",
            ])
    }
}
