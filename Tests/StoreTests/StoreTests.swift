import Foundation
@testable import PostgresStore
import SQLiteStore
import StateStore
import Testing

/// A directory that goes with the test.
final class Directory: Sendable {
    let path = NSTemporaryDirectory() + "keyturn-\(UUID().uuidString)"
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Each store, empty.
@Suite struct StoreTests {
    static func stores() throws -> [StoreSuite] {
        let directory = try Directory()
        let sqlite = StoreSuite(
            name: "SQLite", open: { try SQLiteStore(path: directory.path + "/state.db") },
            openFresh: { try SQLiteStore(path: nil) })
        return [sqlite, try .fakeDynamo()] + (try Database.server.map { [try Database.suite(on: $0)] } ?? [])
    }

    @Test(
        "a refusal after a lost answer does not say that nothing was changed",
        arguments: ["28P01", "42501", "XX001", "23505"])
    func refusedAfterLost(state: String) {
        var failure = QueryFailure(state: state, said: "no")
        #expect(failure.storeError.code != .uncertain)
        failure.mayBeDone = true
        #expect(failure.storeError.code == .uncertain)
    }

    @Test("those that open a file at the moment when it is made all find a state")
    func madeAtOnce() async throws {
        let directory = try Directory()
        for number in 0..<100 {
            let path = directory.path + "/\(number).db"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try SQLiteStore(path: path) } }
                try await group.waitForAll()
            }
        }
    }

    @Test("a file that was moved away, deleted or replaced is not used any more")
    func movedFile() async throws {
        let directory = try Directory()
        let path = directory.path + "/state.db"
        let store = try SQLiteStore(path: path)
        try await store.commit(UserChange("bot", version: 0, lease: nil, record: [1]))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
        func refuses() async {
            let error = await #expect(throws: StoreError.self) {
                try await store.commit(UserChange("bot", version: 1, lease: nil, record: [2]))
            }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains("was moved, deleted or replaced") == true)
            await #expect(throws: StoreError.self) { try await store.users() }
            await #expect(throws: StoreError.self) { try await store.versions() }
            await #expect(throws: StoreError.self) { try await store.documents("") }
            await #expect(throws: StoreError.self) { try await store.write([1], to: "note", version: 0) }
        }
        await refuses()
        // With another one in its place, too; and back where it was it is the state again.
        try Data().write(to: URL(fileURLWithPath: path))
        await refuses()
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".moved", toPath: path)
        try await store.commit(UserChange("bot", version: 1, lease: nil, record: [2]))
    }

    @Test("the tests have a PostgreSQL server, which `Tests/postgres.py` gives them")
    func hasServer() { #expect(Database.server != nil, "see `make test`") }

    @Test(arguments: try stores())
    func whatIsCommittedIsRead(_ suite: StoreSuite) async throws { try await suite.whatIsCommittedIsRead() }

    @Test(arguments: try stores())
    func aConflictChangesNothing(_ suite: StoreSuite) async throws { try await suite.aConflictChangesNothing() }

    @Test(arguments: try stores())
    func aCommitIsAllOrNothing(_ suite: StoreSuite) async throws { try await suite.aCommitIsAllOrNothing() }

    @Test(arguments: try stores())
    func ofManyWritersOneSucceeds(_ suite: StoreSuite) async throws { try await suite.ofManyWritersOneSucceeds() }

    @Test(arguments: try stores())
    func ofManyAtOnceEachGetsItsAnswer(_ suite: StoreSuite) async throws {
        try await suite.ofManyAtOnceEachGetsItsAnswer()
    }

    @Test(arguments: try stores())
    func linesAreFound(_ suite: StoreSuite) async throws { try await suite.linesAreFound() }

    @Test(arguments: try stores())
    func documentsAreComparedAndSet(_ suite: StoreSuite) async throws {
        try await suite.documentsAreComparedAndSet()
    }

    @Test(arguments: try stores())
    func timeIsTheStores(_ suite: StoreSuite) async throws { try await suite.timeIsTheStores() }

    @Test(arguments: try stores())
    func aCrashAnywhereLosesNothing(_ suite: StoreSuite) async throws { try await suite.aCrashAnywhereLosesNothing() }

    @Test(arguments: try stores())
    func itTakesTheSizesThatOccur(_ suite: StoreSuite) async throws { try await suite.itTakesTheSizesThatOccur() }
}
