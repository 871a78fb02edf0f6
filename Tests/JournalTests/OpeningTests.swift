import Foundation
@testable import Journal
import Rotation
@testable import SQLiteStore
import Secrets
import StateStore
import Testing

@Suite("Opening a state")
struct OpeningTests {
    private func open(_ path: String) async throws {
        do throws(StoreError) { _ = try SQLiteStore(path: path) } catch { throw JournalError(error, at: path) }
    }

    @Test("another seal key is found out at once, before any pair is needed")
    func wrongSealKey() async throws {
        let notebook = try Notebook()
        _ = try await notebook.open()
        let words = await expectCode(.wrongSealKey) {
            _ = try await StoredJournal(SQLiteStore(path: notebook.path), seal: Seal(key: Seal.makeKey()))
        }
        #expect(words.hasPrefix(notebook.path) && !words.contains("The state needs"), "no record names the key yet")
        for user in ["bot", "other"] { try await notebook.open().seal(user) }
        let named = await expectCode(.wrongSealKey) {
            _ = try await StoredJournal(SQLiteStore(path: notebook.path), seal: Seal(key: Seal.makeKey()))
        }
        #expect(named.hasSuffix(". The state needs the seal key \(notebook.seal.firstID) (2 users)"), "\(named)")
    }

    @Test("a user that another process works on is named with that process, and its machine where that is another one")
    func owner() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        func words(_ user: String, _ owner: LeaseOwner) async throws -> String {
            _ = try await journal.acquire(user, lease: Lease(owner: owner, lasting: .seconds(60)), at: Notebook.now)
            return await expectCode(.leased) {
                _ = try await journal.acquire(user, lease: Notebook.lease, at: Notebook.now)
            }
        }
        let silent = LeaseOwner(boot: "elsewhere", process: 71, began: "1")
        #expect(try await words("a", silent) == "another keyturn (process 71 on another machine) is at work on a")
        var worker = FleetWorker(version: "1", since: 0, users: 0)
        worker.host = "ci-2"
        let known = LeaseOwner(boot: "elsewhere", process: 72, began: "1")
        try await journal.store.write(Coding.json(worker), to: "worker\n" + known.text, version: 0)
        #expect(try await words("b", known) == "another keyturn (process 72 on ci-2) is at work on b")
    }

    @Test("a text file is foreign, and stays as it was")
    func textFile() async throws {
        let notebook = try Notebook()
        let text = Data(String(repeating: "dear diary, ", count: 100).utf8)
        try notebook.write(text)
        let words = await expectCode(.foreign) { try await open(notebook.path) }
        #expect(words.hasPrefix(notebook.path))
        #expect(try Data(contentsOf: URL(fileURLWithPath: notebook.path)) == text)
    }

    @Test("another program's SQLite database is foreign, and stays as it was to the byte")
    func otherProgram() async throws {
        for application in [0, 0x1234_5678] {
            let notebook = try Notebook()
            try notebook.execute("CREATE TABLE diary (day TEXT); PRAGMA application_id = \(application)")
            let before = try Data(contentsOf: URL(fileURLWithPath: notebook.path))
            await expectCode(.foreign) { try await open(notebook.path) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: notebook.path)) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: notebook.directory) == ["state.db"])
        }
    }

    @Test("another layout is named with both versions, and not touched", arguments: [(3, false), (7, true)])
    func otherLayout(version: Int, isNewer: Bool) async throws {
        let notebook = try Notebook()
        try await notebook.open().seal()
        try notebook.execute("PRAGMA user_version = \(version)")
        let words = await expectCode(isNewer ? .newer : .foreign) { try await open(notebook.path) }
        #expect(words.contains("layout \(version)"))
        #expect(isNewer ? words.contains("knows layout 5") : words.contains("taken over as it is"))
    }

    @Test("a damaged file is corrupt, not foreign and not empty")
    func corrupt() async throws {
        let notebook = try Notebook()
        try await notebook.open().seal()
        try notebook.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: notebook.path))
        bytes.replaceSubrange(100..., with: Data(repeating: 0xA5, count: bytes.count - 100))
        try notebook.write(bytes)
        await expectCode(.corrupt) { try await open(notebook.path) }
    }

    @Test(
        "a record with a word that no keyturn writes, or that is torn, is corrupt, and the error holds nothing of it",
        arguments: ["replace(CAST(record AS TEXT), '\"verifying\"', '\"sleeping\"')", "substr(record, 1, 200)", "''"])
    func unknownWord(change: String) async throws {
        let notebook = try Notebook()
        try await notebook.open().seal()
        let journal = try await notebook.open()
        try notebook.execute("UPDATE user SET record = CAST(\(change) AS BLOB)")
        let words = await expectCode(.corrupt) { _ = try await journal.records() }
        #expect(!words.contains("sleeping") && words.hasPrefix(notebook.path))
        await expectCode(.corrupt) {
            _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        }
    }

    @Test("a directory that is not there, and a directory in place of the file, are unavailable")
    func unavailable() async throws {
        let notebook = try Notebook()
        await expectCode(.unavailable) { try await open(notebook.directory + "/no/state.db") }
        await expectCode(.unavailable) { try await open(notebook.directory) }
    }

    @Test("an empty file is laid out; a state in memory needs none")
    func empty() async throws {
        let notebook = try Notebook()
        try notebook.write(Data())
        try await notebook.open().seal()
        try await Notebook.inMemory().seal()
    }
}
