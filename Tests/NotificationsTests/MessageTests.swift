import JSON
import Notifications
import Rotation
import Secrets
import Testing

@Suite("Messages")
struct MessageTests {
    /// The value is openssl's own word:
    /// `printf '1700000000.{}' | openssl dgst -sha256 -hmac s3cret`.
    @Test("are signed over time and body")
    func signature() {
        let value = Signature.value(of: "{}", at: 1_700_000_000, secret: .text("s3cret"))
        #expect(value == "t=1700000000,v1=97926816e98fbb41ccb1673225ff29a2f35369099990e1b1561651e7bd097ebf")
        #expect(Signature.value(of: "{}", at: 1_700_000_001, secret: .text("s3cret")) != value)
        #expect(Signature.value(of: "{ }", at: 1_700_000_000, secret: .text("s3cret")) != value)
    }

    private func message(_ news: NotificationEvent) -> Message {
        Message(news, of: "bot", Rotation(at: .init(milliseconds: 0)), at: .init(milliseconds: 5)) {
            "T\($0.milliseconds)"
        }
    }

    @Test("have the same ID whenever they are sent again, and another one for another problem")
    func identity() {
        let held = NotificationEvent(
            occasion: .blocked, rotation: 7, problem: "denied", since: .init(milliseconds: 3), message: "no")
        var other = held
        other.problem = "refused"
        #expect(message(held).id == "bot/7/blocked/denied/3")
        #expect(message(held).id == message(held).id)
        #expect(message(other).id != message(held).id)
    }

    @Test("are JSON with what a program needs")
    func body() throws {
        let held = NotificationEvent(
            occasion: .blocked, rotation: 7, problem: "denied", since: .init(milliseconds: 3), message: "no \"<&>")
        let json = try JSONValue(parsing: message(held).json)
        #expect(json["event"] == .string("blocked"))
        #expect(json["user"] == .string("bot"))
        #expect(json["problem"] == .string("denied"))
        #expect(json["since"] == .string("T3"))
        #expect(json["text"] == .string("bot needs attention: no \"<&>"))
        let slack = try JSONValue(parsing: message(held).slack)
        #expect(slack["text"] == .string("keyturn: bot needs attention: no \"&lt;&amp;&gt;"))
    }

    @Test("are cut where a service says too much")
    func long() {
        let held = NotificationEvent(
            occasion: .blocked, rotation: 7, problem: "x", message: String(repeating: "x", count: 100_000))
        #expect(message(held).text.utf8.count == 2_000)
    }
}
