import Foundation
@testable import Operations
import Rotation
import Testing

@Suite("A user that left the configuration")
struct LeftUserTests {
    private func overlapping() -> Rotation {
        var rotation = Directory.idle()
        (rotation.number, rotation.phase) = (3, .overlap)
        rotation.previous = KeyRecord(
            id: AccessKeyID("AKIAPREVIOUSEXAMPLE1"), created: rotation.phaseSince, status: .active)
        return rotation
    }

    private func status(_ directory: Directory, _ users: [String] = []) async throws -> StatusInspection.Result {
        var status = try await StatusInspection(directory.context)
        return try await status.run(users, online: false)
    }

    @Test("in the middle of a rotation is shown, with its keys and with what to type, and needs a person")
    func inRotation() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "former": overlapping(), "over": Directory.idle()])
        let result = try await status(directory)
        #expect(result.document.users.map(\.user) == ["cicd-bot", "former"])
        #expect(result.status == .done && result.attention == .failed)
        let left = try #require(result.document.users.last)
        #expect(left.phase == "overlap" && left.keys.map(\.role) == ["current", "previous"])
        #expect(left.problemCode == "user-left" && left.next.due == nil && left.needsAttention)
        let problem = try #require(left.problem)
        for words in [
            "its rotation 3 is not over", "AKIACURRENTEXAMPLE01 and AKIAPREVIOUSEXAMPLE1 stay Active",
            "`keyturn forget former --reason REASON`",
        ] { #expect(problem.contains(words), "\(problem)") }
    }

    @Test("with a leaked key that is not dead is shown, also when its rotation is over")
    func withLeak() async throws {
        let directory = try Directory()
        var leaking = Directory.idle()
        leaking.leaks = [Leak(AccessKeyID("AKIACURRENTEXAMPLE01"))]
        try await directory.know(["cicd-bot": Directory.idle(), "former": leaking])
        let left = try #require(try await status(directory, ["former"]).document.users.first)
        #expect(left.user == "former" && left.problem?.contains("a leaked key of it is not dead") == true)
    }

    @Test("and of which nothing is known, as after a mistyped name, is not reported")
    func ofNothing() async throws {
        let directory = try Directory()
        var asked = Rotation(at: Directory.now)
        asked.isRequested = true
        asked.problem = Problem(code: .noSuchUser, message: "IAM does not know it.", since: Directory.now)
        var creating = Rotation(at: Directory.now)
        (creating.number, creating.phase) = (1, .creating)
        try await directory.know([
            "cicd-bot": Directory.idle(), "deploy-bto": asked, "former": Directory.idle(), "first": creating,
        ])
        var check = try await ConfigurationCheck(directory.context)
        let left = try await check.run([], online: false).filter { $0.detail.contains("left the configuration") }
        #expect(left.map(\.subject) == ["user first", "user former"])
        #expect(try await status(directory).document.users.map(\.user) == ["cicd-bot", "first"])
        let report = try await Report(directory.context).run([], since: nil, maxAge: nil, asksIAM: false)
        #expect(report.users.map(\.user) == ["cicd-bot", "first", "former"])
    }

    @Test("is not shown to those who ask about one user")
    func ofOthers() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "former": overlapping()])
        let result = try await status(directory, ["cicd-bot"])
        #expect(result.document.users.map(\.user) == ["cicd-bot"] && result.attention == .done)
    }
}
