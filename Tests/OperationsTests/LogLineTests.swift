@testable import Engine
import JSON
@testable import Operations
import Rotation
import Synchronization
import Testing

@Suite("Lines of the log")
struct LogLineTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let target = TargetName("github:acme/app")

    private func line(_ event: HistoryEvent, _ change: (inout Rotation) -> Void = { _ in }) throws -> LogLine {
        let lines = Mutex<[LogLine]>([])
        let log = EventLog(lines: { line in lines.withLock { $0.append(line) } })
        var rotation = Directory.idle(at: Self.now)
        change(&rotation)
        log.write(
            RotationProgress(
                user: "bot", at: Self.now, notes: [event], rotation: rotation, policy: Policy(maxAttempts: 3)))
        return try #require(lines.withLock { $0 }.first)
    }

    @Test("have what programs look for")
    func fields() throws {
        var event = HistoryEvent(.delivered, key: AccessKeyID("AKIANEW"), target: target, evidence: .timestamp)
        event.request = "E7A1:2B3C"
        let text = try line(event).json(at: Moment.precise(Self.now))
        let json = try JSONValue(parsing: text)
        let wanted: [String: JSONValue] = [
            "time": .string("2027-01-15T08:00:00.000Z"), "level": .string("info"), "event": .string("delivered"),
            "user": .string("bot"), "target": .string("github:acme/app"), "pusher": .string("github"),
            "key": .string("AKIANEW"), "rotation": .integer(1), "code": .string("timestamp"),
            "service-request-id": .string("E7A1:2B3C"),
            "message": .string("bot: github:acme/app holds AKIANEW (timestamp)"),
        ]
        #expect(json == .object(wanted))
        #expect(text.hasPrefix(#"{"time":"2027-01-15T08:00:00.000Z","level":"info","message":""#))
    }

    @Test("a push that is tried again soon is a notice, and one that used its quick tries up is an error")
    func levels() throws {
        func level(_ outcome: PushResult.Outcome, tries: Int) throws -> EventLog.Level {
            try line(HistoryEvent(.notDelivered, target: target)) { rotation in
                var delivery = Delivery()
                (delivery.state, delivery.outcome, delivery.quickTries) = (.failed, outcome, tries)
                delivery.retryAt = Self.now + .seconds(1)
                rotation.deliveries[target] = delivery
            }.level
        }
        #expect(try level(.retryable, tries: 1) == .notice)
        #expect(try level(.retryable, tries: 3) == .error)
        #expect(try level(.rateLimited, tries: 9) == .notice)
        #expect(try level(.unauthorized, tries: 1) == .error)
    }

    @Test("say when a push that failed is tried again, as the history does")
    func again() throws {
        var event = HistoryEvent(
            .notDelivered, key: AccessKeyID("AKIANEW"), target: target, detail: "retryable: GitHub: acme/app: 502")
        event.retryAt = Self.now + .seconds(30)
        let sentence =
            "github:acme/app has not confirmed AKIANEW: retryable: GitHub: acme/app: 502; it is tried again in 30s"
        #expect(try line(event).message == "bot: \(sentence)")
        // The rotation of that time is gone.
        #expect(Narration(at: Self.now, number: 1).text(event) == sentence)
    }

    @Test("have the request ID that AWS gave, and no other text in its place")
    func requests() throws {
        let sentence =
            "ListAccessKeys: AccessDenied: no (request 01234567-89ab-cdef-0123-456789abcdef); the request was signed with AKIA"
        let refused = try line(HistoryEvent(.blocked, detail: sentence))
        #expect(refused.fields.requestID == "01234567-89ab-cdef-0123-456789abcdef")
        #expect(try line(HistoryEvent(.blocked, detail: "no (request a b)")).fields.requestID == nil)
        // A target may say what it likes.
        let pushed = try line(HistoryEvent(.notDelivered, target: target, detail: sentence))
        #expect(pushed.fields.requestID == nil)
    }

    @Test("are one line each, whatever is in them")
    func hostile() throws {
        let text = "a\u{2028}b\u{2029}c\n{\"level\":\"info\"}\u{1B}[31m\u{0}\u{85}"
        var entry = try line(HistoryEvent(.blocked, detail: text))
        entry.fields.code = String(repeating: "x", count: 10_000)
        entry.fields.serviceRequestID = text
        let json = entry.json(at: "T")
        #expect(
            json.unicodeScalars.allSatisfy { $0.value >= 0x20 && ![0x7F, 0x85, 0x2028, 0x2029].contains($0.value) })
        #expect(json.utf8.count < 5_000)
        #expect(try JSONValue(parsing: json)["level"] == .string("error"))
        entry.message = String(repeating: "y", count: 100_000)
        #expect(entry.json(at: "T").utf8.count < 5_000 && entry.text.utf8.count < 5_000)
    }
}
