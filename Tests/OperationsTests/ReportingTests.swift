@testable import Engine
import JSON
@testable import Operations
import Rotation
import Synchronization
import Testing

@Suite("What operations report")
struct ReportingTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func progress(_ event: HistoryEvent, policy: Policy = Policy()) -> RotationProgress {
        RotationProgress(
            user: "bot", at: Self.now, notes: [event], rotation: Directory.idle(at: Self.now), policy: policy)
    }

    @Test("a line for each event, with what to type for that user, as loud as it matters")
    func lines() {
        let lines = Mutex<[String]>([])
        let log = EventLog { level, text in lines.withLock { $0.append("\(level) \(text)") } }
        log.write(progress(HistoryEvent(.blocked, detail: "see `keyturn status USER`")))
        log.write(progress(HistoryEvent(.driftSeen, target: TargetName("travis:acme/app"))))
        log.write(progress(HistoryEvent(.verifying, key: AccessKeyID("AKIANEW"))))
        #expect(
            lines.withLock { $0 } == [
                "error bot: blocked: see `keyturn status bot`", "warning bot: travis:acme/app has changed",
                "info bot: checking AKIANEW with STS until IAM has propagated it",
            ])
    }

    @Test("a rotation that is over says when the next one begins, also where a freeze delays it")
    func next() {
        var policy = Policy(rotateEvery: .seconds(86_400))
        func next() -> String {
            Narration(progress(HistoryEvent(.completed), policy: policy)).text(HistoryEvent(.completed))
        }
        let tomorrow = Self.now + .seconds(86_400)
        #expect(next() == "rotation 1 is complete; the next one begins at \(Moment.text(tomorrow))")
        let thaw = tomorrow + .seconds(7_200)
        policy.freezes = [.period(from: Self.now, to: thaw)]
        #expect(next() == "rotation 1 is complete; the next one begins at \(Moment.text(thaw))")
    }

    @Test("a line of the history names who gave an order, where the log says that it was an operator")
    func operators() {
        let order = HistoryEvent(.requested, detail: "rotate")
        #expect(Narration(progress(order)).text(order) == "an operator asked to rotate")
        func text(_ command: String, _ name: String?, _ login: String? = nil) -> String {
            let author = HistoryDocument.Author(command: command, host: "ci-1", uid: 7, name: name, login: login)
            return Narration(at: Self.now, number: 1).text(order, operator: author.operator)
        }
        #expect(text("rotate", "alice") == "alice on ci-1 asked to rotate")
        #expect(text("rotate", "root", "alice") == "alice as root on ci-1 asked to rotate")
        #expect(text("rotate", nil) == "uid 7 on ci-1 asked to rotate")
        #expect(text("lambda", "sbx_user1051") == "`keyturn lambda` on ci-1 asked to rotate")
    }

    @Test("every target holds the key, except those that were left out")
    func exception() {
        func text(_ detail: String) -> String {
            let event = HistoryEvent(.allDelivered, key: AccessKeyID("AKIANEW"), detail: detail)
            return Narration(at: Self.now, number: 1).text(event)
        }
        #expect(text("the secret was wiped") == "every target holds AKIANEW; the secret was wiped")
        #expect(
            text("except those left out (gitlab:a/b); the secret was wiped")
                == "every target holds AKIANEW, except those left out (gitlab:a/b); the secret was wiped")
    }

    @Test("points in time as people type them")
    func boundaries() {
        #expect(Moment.boundary("1h", now: Self.now) == Self.now - .seconds(3_600))
        #expect(Moment.boundary("2027-01-15", now: Self.now) == Moment.parse("2027-01-15T00:00:00Z"))
        #expect(Moment.boundary(Moment.text(Self.now), now: Self.now) == Self.now)
        #expect(Moment.boundary("yesterday", now: Self.now) == nil)
    }

    @Test("JSON is as clean as what a terminal is given")
    func json() throws {
        let dirty = ["text\u{1B}[31m\u{202E}": "a\u{7}b"]
        let texts = [
            String(decoding: try JSONText.bytes(dirty), as: UTF8.self),
            JSONText.text(.object(dirty.mapValues { .string($0) })),
        ]
        for text in texts {
            #expect(text.hasSuffix("}\n") && !text.contains("\\u001b") && !text.contains("\u{202E}"))
            #expect(!text.contains("\u{7}") && !text.contains("\\u0007"))
        }
    }
}
