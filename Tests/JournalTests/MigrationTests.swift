import Foundation
import GRDB
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("Bringing an older state to the present layout")
struct MigrationTests {
    /// The state of an earlier keyturn, frozen in the middle of a rotation.
    private static let frozen = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "CommandTests/states/layout-1.sql")
    private static let sealKey = Data(base64Encoded: "OI9oAVtebGn4I6niOJ/+SV9tdH2po6cnpB7B+resJTs=") ?? Data()
    private static let secret = "j/yDsFOs+RU8bP+Xr7d+MrttV5iD5lpgEbiQT+X2"
    private let now = Notebook.now
    private let seal = Seal(key: sealKey.withUnsafeBytes { Secret(copying: $0) })

    private func thaw() throws -> Notebook {
        let notebook = try Notebook()
        let sql = try String(contentsOf: Self.frozen, encoding: .utf8)
        try DatabaseQueue(path: notebook.path).writeWithoutTransaction { database in
            try database.execute(sql: sql)
            try database.execute(sql: "PRAGMA journal_mode = WAL")
        }
        return notebook
    }

    private func open(_ notebook: Notebook) throws -> SQLiteJournal {
        try SQLiteJournal(path: notebook.path, seal: seal, migratingAt: now)
    }

    private func layout(_ path: String) throws -> Int32? {
        try DatabaseQueue(path: path).read { try Int32.fetchOne($0, sql: "PRAGMA user_version") }
    }

    @Test("keeps rotation, deliveries, history and the sealed pair, and chains what there was")
    func migrates() throws {
        let notebook = try thaw()
        let looking = try SQLiteJournal(path: notebook.path, seal: nil)
        let before = (try looking.records(), try looking.history(of: nil, limit: 100))
        let journal = try open(notebook)
        #expect(journal.migration?.from == 1 && journal.migration?.to == 3)
        #expect(try journal.records().mapValues(\.rotation) == before.0.mapValues(\.rotation))
        let lines = try journal.history(of: nil, limit: 100)
        #expect(lines.dropLast().map(\.note) == before.1.map(\.note))
        #expect(lines.dropLast().map(\.at) == before.1.map(\.at) && lines.map(\.id) == Array(1...15))
        #expect(lines.last?.note.kind == .historyChained && lines.first?.author == nil)
        #expect(try journal.pendingPair(of: "frozen-bot")?.secret == .text(Self.secret))
        #expect(try journal.verifyHistory(holding: nil)?.faults == [])
        #expect(try open(notebook).migration == nil)
    }

    @Test("makes a backup first, for the owner alone, which is the state as it was")
    func backup() throws {
        let notebook = try thaw()
        let backup = try #require(try open(notebook).migration?.backup)
        #expect(backup == notebook.path + ".v1-20270115T080000Z.bak")
        let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try layout(backup) == 1)
        let kept = try SQLiteJournal(path: backup, seal: seal)
        #expect(try kept.pendingPair(of: "frozen-bot")?.secret == .text(Self.secret))
        #expect(try kept.history(of: nil, limit: 100).count == 14)
        // The copy in the making is gone, what a killed migration left too.
        let files = try FileManager.default.contentsOfDirectory(atPath: notebook.directory)
        #expect(files.filter { $0.contains("part") } == [])
    }

    @Test("never writes over a backup that is there, and takes what a killed migration left away")
    func oldBackups() throws {
        let notebook = try thaw()
        let taken = notebook.path + ".v1-20270115T080000Z.bak"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: taken))
        try Data("half".utf8).write(to: URL(fileURLWithPath: notebook.path + ".bak.part"))
        #expect(try open(notebook).migration?.backup == notebook.path + ".v1-20270115T080000Z.1.bak")
        #expect(try Data(contentsOf: URL(fileURLWithPath: taken)) == Data("mine".utf8))
    }

    @Test("changes nothing where no backup can be made")
    func noBackup() throws {
        let notebook = try thaw()
        try FileManager.default.createDirectory(
            atPath: notebook.path + ".bak.part/full", withIntermediateDirectories: true)
        #expect(expectCode(.unavailable) { _ = try open(notebook) }.contains("Nothing was changed"))
        #expect(try layout(notebook.path) == 1)
    }

    @Test("does not begin while an older keyturn is at work, and does when that one is gone")
    func atWork() throws {
        let notebook = try thaw()
        func lease(_ owner: LeaseOwner) throws {
            try notebook.execute(
                "UPDATE rotation SET lease_owner = '\(owner.text)', lease_until = \((now + .seconds(30)).milliseconds)")
        }
        try lease(LeaseOwner(boot: "another/pid:[1]", process: 7, began: "1"))
        #expect(expectCode(.leased) { _ = try open(notebook) }.contains("process 7"))
        #expect(try layout(notebook.path) == 1)
        try lease(LeaseOwner(boot: LeaseOwner.current.boot, process: .max, began: "1"))
        #expect(try open(notebook).migration != nil)
    }

    @Test("does not begin for those who look, or who have another seal key")
    func looking() throws {
        let notebook = try thaw()
        _ = try SQLiteJournal(path: notebook.path, seal: seal)
        let journal = try SQLiteJournal(path: notebook.path, seal: nil, migratingAt: now)
        #expect(try journal.verifyHistory(holding: nil) == nil)
        expectCode(.unavailable) { _ = try journal.acquire("frozen-bot", lease: Notebook.lease, at: now) }
        expectCode(.wrongSealKey) {
            _ = try SQLiteJournal(path: notebook.path, seal: notebook.seal, migratingAt: now)
        }
        #expect(try layout(notebook.path) == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: notebook.directory).allSatisfy { !$0.contains("bak") })
    }

    @Test("goes back as a whole where it fails in the middle")
    func failsInTheMiddle() throws {
        let notebook = try thaw()
        try notebook.execute("CREATE TABLE chain (nonsense INTEGER)")
        expectCode(.unavailable) { _ = try open(notebook) }
        #expect(try layout(notebook.path) == 1)
        #expect(try SQLiteJournal(path: notebook.path, seal: nil).history(of: nil, limit: 100).count == 14)
    }
}
