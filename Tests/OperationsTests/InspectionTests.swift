import Foundation
@testable import Operations
import Rotation
import Testing

@Suite("What looks and changes nothing")
struct InspectionTests {
    private func status(_ directory: Directory, _ users: [String] = []) async throws -> StatusInspection.Result {
        var status = try await StatusInspection(directory.context)
        return try await status.run(users, online: false)
    }

    @Test("a user that keyturn has never seen")
    func unseen() async throws {
        let directory = try Directory()
        let result = try await status(directory)
        let user = try #require(result.document.users.first)
        #expect((user.user, user.phase, user.rotation) == ("cicd-bot", "idle", 0))
        #expect(user.keys.isEmpty && user.deliveries.isEmpty && user.targets == 3)
        let report = try await Report(directory.context).run([], since: nil, maxAge: nil, asksIAM: false)
        #expect(report.users.first?.targets.map(\.state) == ["pending", "pending", "pending"])
        #expect(result.attention == .done)
        let step = try #require(try await RotationPlan(directory.context, [], asksIAM: false).steps.first)
        #expect(step.action == "observe" && step.isDue && step.targets == 3)
        #expect(step.why == "keyturn has not looked at this user yet")
        #expect(step.from == "users")
    }

    @Test("a rotation that is over: keys, deliveries, and when the next one begins")
    func idle() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
        let user = try #require(try await status(directory).document.users.first)
        #expect(user.keys.map(\.role) == ["current"])
        #expect(user.deliveries.map(\.target) == Directory.targets)
        #expect(user.deliveries.allSatisfy { $0.state == "confirmed" && $0.evidence == "read-back" && $0.isQuiet })
        let step = try #require(try await RotationPlan(directory.context, [], asksIAM: false).steps.first)
        #expect(step.action == "rotate" && !step.isDue && step.due == user.next.due)
        #expect(step.why.contains("rotate-every is 1d") && !step.why.contains("freeze"))
    }

    @Test("a freeze is a reason to wait only where it delays")
    func freeze() async throws {
        let now = Moment.now
        func why(from first: Int64, to last: Int64) async throws -> (why: String, due: String?) {
            let days = [first, last].map { Moment.text(now + .seconds($0 * 86_400)).prefix(10) }
            let frozen = "soak: 1h, freeze: [{ from: \(days[0]), to: \(days[1]) }]"
            let directory = try Directory(Directory.configuration("soak: 1h", frozen))
            try await directory.know(["cicd-bot": Directory.idle(at: now)])
            let step = try #require(try await RotationPlan(directory.context, [], asksIAM: false).steps.first)
            return (step.why, step.due)
        }
        // The next rotation is due in less than a day, today or tomorrow (`Jitter` takes some of it).
        let delayed = try await why(from: 0, to: 5)
        #expect(delayed.why.hasSuffix("; `freeze` lets it begin \(delayed.due ?? "")"))
        #expect(try await why(from: 3, to: 5).why.contains("freeze") == false)
    }

    @Test("the first rotation waits for an order, which is named, and has no time")
    func whenAsked() async throws {
        let directory = try Directory(Directory.configuration("first-rotation: when-due", "first-rotation: when-asked"))
        try await directory.know(["cicd-bot": Directory.seen()])
        let step = try #require(try await RotationPlan(directory.context, [], asksIAM: false).steps.first)
        #expect(step.action == "when-asked" && step.due == nil && !step.isDue)
        #expect(step.why.hasSuffix("`keyturn rotate cicd-bot` begins"))
        let user = try #require(try await status(directory).document.users.first)
        #expect(user.next.action == "when-asked" && user.next.due == nil && !user.needsAttention)
        let eager = try Directory(Directory.configuration())
        try await eager.know(["cicd-bot": Directory.seen()])
        #expect(try await status(eager).document.users.first?.next.action == "rotate")
    }

    @Test("targets that came and went since the last rotation")
    func movedTargets() async throws {
        let directory = try Directory(Directory.configuration("project: acme/tools/app", "project: acme/new"))
        try await directory.know(["cicd-bot": Directory.idle()])
        let deliveries = try #require(try await status(directory).document.users.first).deliveries
        let added = try #require(deliveries.first { $0.target == "gitlab:acme/new" })
        #expect(added.state == "pending" && added.detail?.contains("it gets its key at the next rotation") == true)
        let left = try #require(deliveries.first { $0.target == "gitlab:acme/tools/app" })
        #expect(left.detail?.contains("`keyturn forget gitlab:acme/tools/app --reason REASON`") == true)
        #expect(!left.isQuiet)
    }

    @Test("a problem, drift and a target that left need a person; what time may fix does too, with another status")
    func attention() async throws {
        func attention(_ change: (inout Rotation) -> Void) async throws -> ExitStatus {
            let directory = try Directory()
            var rotation = Directory.idle()
            change(&rotation)
            try await directory.know(["cicd-bot": rotation])
            let result = try await status(directory)
            #expect(result.status == .done)
            return result.attention
        }
        let target = TargetName(Directory.targets[0])
        #expect(try await attention { _ in } == .done)
        #expect(
            try await attention { $0.deliveries[target]?.drift = Drift(.unknownKey, key: nil, since: $0.phaseSince) }
                == .failed)
        #expect(try await attention { $0.deliveries[target]?.leftAt = $0.phaseSince } == .failed)
        // A leaked key that works while every push is still on its way.
        #expect(
            try await attention {
                $0.phase = .delivering
                $0.next = $0.current
                $0.leaks = [Leak($0.current?.id ?? AccessKeyID(""))]
            } == .unfinished)
        #expect(
            try await attention {
                $0.deliveries[target]?.state = .skipped
                $0.deliveries[target]?.deadKey = AccessKeyID("AKIADEADEXAMPLE00001")
            } == .failed)
        #expect(
            try await attention { $0.problem = Problem(code: .denied, message: "no", since: $0.phaseSince) }
                == .notAllowed)
        #expect(
            try await attention { $0.problem = Problem(code: .unreachable, message: "no", since: $0.phaseSince) }
                == .unavailable)
        #expect(
            try await attention {
                $0.phase = .overlap
                $0.problem = Problem(code: .stillUsed, message: "used", since: $0.phaseSince)
            } == .unfinished)
    }

    @Test("a refusal that is asked about again is shown with the time of the next question, and needs no person yet")
    func refusedPreflight() async throws {
        let directory = try Directory()
        var rotation = Directory.idle()
        rotation.isRequested = true
        rotation.retryAt = rotation.phaseSince + .seconds(20)
        rotation.preflightRefusal = Problem(
            code: .targetRefuses, message: "The rotation could not begin yet; `keyturn retry USER`",
            since: rotation.phaseSince)
        try await directory.know(["cicd-bot": rotation])
        let result = try await status(directory)
        let user = try #require(result.document.users.first)
        #expect(user.problem == "The rotation could not begin yet; `keyturn retry cicd-bot`")
        #expect(user.problemCode == "target-refuses" && user.problemSince != nil)
        #expect(user.next.action == "rotate" && user.next.due == rotation.retryAt.map(Moment.text))
        #expect(result.attention == .done)
    }

    @Test("a state that does not exist yet is not taken for one without rotations")
    func absence() async throws {
        let directory = try Directory()
        let words =
            "The state at \(directory.path)/state/keyturn.db does not exist yet: `keyturn run` or `keyturn step` makes it."
        #expect(try await status(directory).absence == words)
        #expect(try await HistoryDocument(directory.context, HistoryQuery(limit: 1)).absence == words)
        #expect(try directory.stateFiles.isEmpty)
        try await directory.know(["cicd-bot": Directory.idle()])
        #expect(try await status(directory).absence == nil)
        let history = try await HistoryDocument(directory.context, HistoryQuery(limit: 1))
        #expect(history.absence == nil)
        let json = try JSONSerialization.jsonObject(with: Data(JSONText.bytes(history))) as? [String: Any]
        #expect(json.map { Set($0.keys) } == ["history", "has-older"])
    }

    @Test("a check starts the pushers, and says what left the configuration")
    func check() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "gone": Directory.idle()])
        var check = try await ConfigurationCheck(directory.context)
        let findings = try await check.run([], online: false)
        #expect(findings.first?.detail.hasSuffix("is fine: 1 user, 3 targets, 3 pushers") == true)
        #expect(findings.filter { $0.subject.hasPrefix("pusher ") }.map(\.status) == [.done, .done, .done])
        let gone = try #require(findings.first { $0.subject == "user gone" })
        #expect(gone.status == .failed && gone.detail.contains("`keyturn forget gone --reason REASON`"))
        #expect(findings.map(\.status).worst == .failed)
        // Who asks about one user is not told of others.
        var selected = try await ConfigurationCheck(directory.context)
        #expect(try await selected.run(["cicd-bot"], online: false).map(\.status).worst == .done)
    }

    @Test("a target that was taken out of the file is named by check and plan before anything works on the user")
    func targetTakenOut() async throws {
        let directory = try Directory()
        let gone = TargetName("github:acme/taken-out")
        var rotation = Directory.idle()
        var delivery = Delivery()
        delivery.state = .confirmed
        rotation.deliveries[gone] = delivery
        try await directory.know(["cicd-bot": rotation])
        var check = try await ConfigurationCheck(directory.context)
        let finding = try #require(
            try await check.run([], online: false).first { $0.subject == "target \(gone)" })
        #expect(finding.status == .failed && finding.detail.contains("`keyturn forget \(gone) --reason REASON`"))
        let plan = try await RotationPlan(directory.context, [], asksIAM: false)
        #expect(plan.steps.first?.why.contains("\(gone) is no longer in the configuration") == true, "\(plan.steps)")
    }

    @Test("the history: the newest lines, and whether there are older ones")
    func history() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "other": Directory.idle()])
        func history(_ change: (inout HistoryQuery) -> Void = { _ in }) async throws -> HistoryDocument {
            var query = HistoryQuery(limit: 10)
            change(&query)
            return try await HistoryDocument(directory.context, query)
        }
        let all = try await history()
        #expect(all.history.count == 2 && !all.hasOlder)
        #expect(all.history.allSatisfy { $0.sentence == "found AKIACURRENTEXAMPLE01; keyturn manages it from now on" })
        let last = try await history { $0.limit = 1 }
        #expect(last.history.count == 1 && last.hasOlder)
        #expect(try await history { $0.user = "other" }.history.map(\.user) == ["other"])
        #expect(try await history { $0.until = Directory.now }.history.isEmpty)
        #expect(try await history { $0.key = "AKIAOTHER" }.history.isEmpty)
        let failure = await #expect(throws: OperationFailure.self) { _ = try await history { $0.user = "cicdbot" } }
        #expect(failure?.message.contains("did you mean `cicd-bot`?") == true)
        let verdict = try await VerdictDocument(directory.context, head: nil, withSealKey: true)
        #expect(verdict.ok && verdict.lines == 2 && verdict.isEndChecked)
        #expect(try await VerdictDocument(directory.context, head: nil, withSealKey: false).isEndChecked == false)
    }

    @Test("a test message needs a destination, and one that does not take it is named")
    func testMessage() async throws {
        let none = try Directory()
        await expectFailure(.failed, "has no `notifications`", of: none) { _ = try await TestMessage($0).send() }
        let entry = "notifications: [{ command: [\"false\"] }]"
        let directory = try Directory(Directory.configuration("version: 1", "version: 1\n\(entry)"))
        let findings = try await TestMessage(directory.context).send()
        #expect(findings.map(\.subject) == ["command false"] && findings.map(\.status) == [.unavailable])
    }
}
