import Configuration
import Foundation
@testable import Operations
import Rotation
import Testing

@Suite("What operators order")
struct OrderTests {
    @Test("a target that is not there: the one that was meant, and nothing is opened for work")
    func unknownTarget() async throws {
        let directory = try Directory()
        for (name, near) in [("github:acme/ap", "github:acme/app"), ("acme/tools/app", "gitlab:acme/tools/app")] {
            await expectFailure(.failed, "did you mean `\(near)`?", "Nothing was changed", of: directory) { context in
                _ = try await Orders(context).skip(name, reason: "x", of: [])
            }
        }
    }

    @Test("an order that Rotation refuses changes nothing, and says why", .timeLimit(.minutes(1)))
    func refused() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
        let orders = try await Orders(directory.context)
        let skipped = try await orders.skip("travis:acme/app", reason: "x", of: [])
        #expect(skipped.status == .failed && skipped.worked.map(\.user) == ["cicd-bot"])
        #expect(
            directory.lines.contains {
                $0.contains("no rotation waits for travis:acme/app: the user is in phase `idle`")
            })
        let rolledBack = try await orders.rollBack("cicd-bot")
        #expect(rolledBack.status == .failed)
        let reason = "no rotation is in progress, so there is no old key"
        #expect(directory.lines.count { $0.contains(reason) } == 1, "\(directory.lines)")
        // Given later it may be carried out.
        let retired = try await orders.retire("cicd-bot", reason: "x")
        #expect(retired.status == .failed)
        #expect(directory.openings == 1)
    }

    @Test("there is nothing to retry for a user that keyturn has never rotated")
    func nothingToRetry() async throws {
        let directory = try Directory()
        let report = try await Orders(directory.context).retry([])
        #expect(report.idleness == .nothingToDo && report.status == .done && report.document.users.isEmpty)
        #expect(report.results == ["There is nothing to retry before the first rotation: `keyturn rotate` begins it."])
        #expect(try directory.stateFiles.isEmpty)
    }

    @Test("a retry says what it led to, and what happens next", .timeLimit(.minutes(1)))
    func retried() async throws {
        let directory = try Directory()
        var rotation = Directory.idle()
        rotation.phase = .overlap
        rotation.problem = Problem(code: .rolledBack, message: "x", since: rotation.phaseSince)
        try await directory.know(["cicd-bot": rotation])
        let report = try await Orders(directory.context).retry([])
        let result = try #require(report.results.first)
        #expect(report.results.count == 1 && result.hasPrefix("cicd-bot: "))
        #expect(result.contains("; next: ") && result.hasSuffix("by `keyturn step` or `keyturn run`"), "\(result)")
    }

    @Test("AWS that cannot be reached is the status of the work", .timeLimit(.minutes(1)))
    func unreachable() async throws {
        let directory = try Directory()
        var rotations = try await Rotations(directory.context, isTimed: true)
        let report = try await rotations.step([])
        #expect(report.status == .unavailable && report.idleness == nil)
        #expect(report.document.users.first?.problemCode == "unreachable")
        #expect(report.timings?.rows.contains { $0[0] == "start of pushers" } == true)
        #expect(directory.openings == 1)
    }

    @Test("the place of keyturn's own key is not skipped, and its key not killed first")
    func ownKey() async throws {
        let own = "version: 1\nself-rotation: { user: keyturn, profile: default }"
        let directory = try Directory(Directory.configuration("version: 1", own))
        let target = try #require(try LoadedConfiguration(directory.context).users.first(where: \.isOwn)?.targets.first)
        await expectFailure(.notAllowed, "where keyturn reads its own key", of: directory) { context in
            _ = try await Orders(context).skip(target.name.rawValue, reason: "x", of: [])
        }
        await expectFailure(.notAllowed, "keyturn itself runs with the key", of: directory) { context in
            _ = try await Orders(context).revoke("keyturn", isUser: true, atOnce: true, display: nil) { _ in }
        }
    }

    @Test("half an ID of a key is not taken for a user's name", arguments: ["AKIA123", "akiaqqqqexample12345"])
    func halfKey(_ text: String) async throws {
        await expectFailure(.failed, "\(text) is not the whole ID of an access key", of: try Directory()) { context in
            _ = try await Orders(context).revoke(text, isUser: false, atOnce: false, display: nil) { _ in }
        }
    }

    @Test("a temporary key cannot be revoked")
    func temporaryKey() async throws {
        await expectFailure(.failed, "ASIAQQQQEXAMPLE12345 is a temporary key", of: try Directory()) { context in
            _ = try await Orders(context).revoke("ASIAQQQQEXAMPLE12345", isUser: false, atOnce: false, display: nil) {
                _ in
            }
        }
    }

    @Test("a key of a user that left the configuration is not touched")
    func keyOfUserThatLeft() async throws {
        let directory = try Directory()
        try await directory.know(["gone": Directory.idle()])
        let failure = await #expect(throws: OperationFailure.self) {
            try await Orders(directory.context).revoke(
                "AKIACURRENTEXAMPLE01", isUser: false, atOnce: false, display: nil
            ) { _ in }
        }
        #expect(failure?.status == .failed)
        #expect(failure?.message.contains("is a key of gone, which is no longer in") == true)
    }

    @Test("a user that left is forgotten, with the reason in its history; one that is there is not")
    func forgetUser() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "gone": Directory.idle()])
        let refusal = await #expect(throws: OperationFailure.self) {
            try await Orders(directory.context).forget("cicd-bot", reason: "x", of: [])
        }
        #expect(refusal?.message.contains("is in the configuration") == true)
        guard case .user("gone") = try await Orders(directory.context).forget("gone", reason: "sold", of: []) else {
            Issue.record("a target was forgotten")
            return
        }
        let state = StateAccess(try LoadedConfiguration(directory.context), for: .looking)
        #expect(try await state.records().keys.sorted() == ["cicd-bot"])
        var query = HistoryQuery(limit: 10)
        query.user = "gone"
        let last = try await HistoryDocument(directory.context, query).history.last
        #expect(last?.sentence == "forgot this user: sold" && last?.by.command == "test")
    }

    private static let frozen = "soak: 1h, freeze: [{ from: 2020-01-01, to: 2099-01-01 }]"

    @Test("a rotation does not begin in a freeze, with or without --wait", .timeLimit(.minutes(1)))
    func frozen() async throws {
        let directory = try Directory(Directory.configuration("soak: 1h", Self.frozen))
        try await directory.know(["cicd-bot": Directory.idle()])
        for isWhole in [false, true] {
            var rotations = try await Rotations(directory.context, isTimed: false)
            let report = try await rotations.rotate(
                [], toTheEnd: isWhole, canaries: isWhole ? 1 : 0, despiteFreeze: false, display: nil)
            #expect(report.status == .unfinished && report.worked.first?.phase == "idle")
        }
        let line = try #require(directory.lines.first { $0.contains("lets no rotation begin before 2099-01-01") })
        #expect(line.contains("cicd-bot: ") && line.contains("--despite-freeze"))
    }

    @Test("a dry run refuses in a freeze what the order refuses, and not despite it")
    func frozenDryRun() async throws {
        let directory = try Directory(Directory.configuration("soak: 1h", Self.frozen))
        try await directory.know(["cicd-bot": Directory.idle()])
        func plan(despiteFreeze: Bool) async throws -> RotationPlan {
            try await RotationPlan(
                directory.context, [], for: .rotate(isWhole: false, despiteFreeze: despiteFreeze), asksIAM: false)
        }
        let refused = try await plan(despiteFreeze: false)
        let step = try #require(refused.steps.first)
        #expect(refused.status == .unfinished && !step.isDue)
        #expect(step.why.contains("`freeze` lets no rotation begin before 2099-01-01"))
        #expect(try await plan(despiteFreeze: true).status == .done)
    }
}
