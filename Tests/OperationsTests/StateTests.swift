import Foundation
import Journal
@testable import Operations
import Rotation
import Testing

@Suite("The state of an operation")
struct StateTests {
    /// Everything that opens the state and makes no requests, or finds no one there.
    static let operations: [(name: String, run: @Sendable (OperationContext) async throws -> Void)] = [
        (
            "status",
            {
                var status = try await StatusInspection($0)
                _ = try await status.run([], online: false)
            }
        ),
        ("plan", { _ = try await RotationPlan($0, [], asksIAM: false) }),
        ("history", { _ = try await HistoryDocument($0, HistoryQuery(limit: 10)) }),
        ("history verify", { _ = try await VerdictDocument($0, head: nil, withSealKey: true) }),
        (
            "check",
            {
                var check = try await ConfigurationCheck($0)
                _ = try await check.run([], online: false)
            }
        ),
        (
            "step",
            {
                var rotations = try await Rotations($0, isTimed: false)
                #expect(try await rotations.step([]).idleness == .nothingDue)
            }
        ),
        ("retry", { _ = try await Orders($0).retry([]) }),
        ("skip", { _ = try await Orders($0).skip("travis:acme/app", reason: "x", of: []) }),
        ("rollback", { _ = try await Orders($0).rollBack("cicd-bot") }),
        ("forget", { _ = try await Orders($0).forget("gone", reason: "x", of: []) }),
    ]

    @Test("is opened once, whatever the operation", arguments: operations.map(\.name))
    func once(_ name: String) async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle(), "gone": Directory.idle()])
        let operation = try #require(Self.operations.first { $0.name == name })
        try await operation.run(directory.context)
        #expect(directory.openings == 1)
    }

    @Test(
        "is not made by what only looks, and not opened where it is not there", arguments: ["status", "plan", "check"])
    func notMade(_ name: String) async throws {
        let directory = try Directory()
        let operation = try #require(Self.operations.first { $0.name == name })
        try await operation.run(directory.context)
        #expect(directory.openings == 0)
        #expect(try directory.stateFiles.isEmpty)
    }

    @Test("two that ask for it at the same moment share it")
    func shared() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
        let state = StateAccess(try LoadedConfiguration(directory.context), for: .working)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await state.records() }
                group.addTask { _ = try await state.open() }
            }
            try await group.waitForAll()
        }
        #expect(directory.openings == 1)
    }

    @Test("looking needs no seal key, checking and working do")
    func sealKey() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
        try FileManager.default.removeItem(atPath: directory.path + "/seal.key")
        let loaded = try LoadedConfiguration(directory.context)
        #expect(try await StateAccess(loaded, for: .looking).records().count == 1)
        for purpose in [StateAccess.Purpose.checking, .working] {
            await #expect(throws: OperationFailure.self) { try await StateAccess(loaded, for: purpose).records() }
            await #expect(throws: OperationFailure.self) { try await StateAccess(loaded, for: purpose).check() }
        }
    }

    @Test("the seal key is read once, though it may come from a command")
    func sealKeyOnce() async throws {
        let command = "{ command: [sh, -c, \"echo x >> $HOME/reads; cat $HOME/seal.key\"] }"
        let directory = try Directory(Directory.configuration("{ file: seal.key }", command))
        let state = StateAccess(try LoadedConfiguration(directory.context), for: .working)
        try await state.check()
        _ = try await state.open()
        _ = try await state.records()
        #expect(try String(contentsOfFile: directory.path + "/reads", encoding: .utf8) == "x\n")
    }

    @Test(
        "a file that is not keyturn's is left as it is",
        arguments: ["notes\n", String(repeating: "my notes\n", count: 500)],
        ["status", "plan", "history", "step", "retry"])
    func foreign(_ text: String, _ name: String) async throws {
        let directory = try Directory()
        try directory.write("state/keyturn.db", text)
        let before = try directory.stateFiles
        let operation = try #require(Self.operations.first { $0.name == name })
        let failure = await #expect(throws: OperationFailure.self) { try await operation.run(directory.context) }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains("keyturn.db") == true)
        #expect(failure?.message.contains("must name a file or a database of keyturn's own") == true)
        #expect(try directory.stateFiles == before)
    }

    @Test("a state that was sealed with another key is found out before anything is done")
    func otherSealKey() async throws {
        let directory = try Directory()
        try await directory.know(["cicd-bot": Directory.idle()])
        try directory.write("seal.key", String(repeating: "A", count: 43) + "=\n", mode: 0o600)
        for name in ["check", "step", "retry"] {
            let operation = try #require(Self.operations.first { $0.name == name })
            let failure = await #expect(throws: OperationFailure.self) { try await operation.run(directory.context) }
            #expect(failure?.status == .configuration)
            #expect(failure?.message.contains("seal key") == true)
        }
    }
}
