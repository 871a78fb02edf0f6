import Foundation
@testable import Journal
import Rotation
@testable import SQLiteStore
import StateStore
import Testing

@Suite("Retention of the history")
struct RetentionTests {
    private func open(_ notebook: Notebook, keeping: Duration?) async throws -> StoredJournal {
        try await StoredJournal(SQLiteStore(path: notebook.path), seal: notebook.seal, retention: keeping)
    }

    private func day(_ number: Int) -> Timestamp { Notebook.now + .seconds(number * 86_400) }

    @Test("keeps all lines unless ordered otherwise")
    func all() async throws {
        let notebook = try Notebook()
        let journal = try await open(notebook, keeping: nil)
        for number in 0..<5 { try await journal.add(1, of: "a", at: day(number * 1_000)) }
        #expect(try await journal.history(of: nil, limit: 99).count == 5)
    }

    @Test("lines that are old enough go, one says so, and the chain holds")
    func prunes() async throws {
        let notebook = try Notebook()
        let journal = try await open(notebook, keeping: .seconds(400 * 86_400))
        for number in 0..<10 { try await journal.add(1, of: "a", at: day(number)) }
        try await journal.add(1, of: "a", at: day(405))
        let lines = try await journal.history(of: nil, limit: 99)
        #expect(lines.map(\.number) == Array(6...12))
        #expect(lines.map(\.note.kind).suffix(2) == [.historyPruned, .blocked])
        let verdict = try await notebook.open().verifyHistory(holding: nil)
        #expect(verdict.faults == [] && verdict.prunedLines == 5 && verdict.lines == 7)
        #expect(try await notebook.open().verifyHistory(holding: verdict.head).faults == [])
        let gone = HistoryVerdict.Mark(at: day(2), hash: String(repeating: "a", count: 64))
        #expect(
            try await notebook.open().verifyHistory(holding: gone).faults.first?.text.contains("were pruned") == true)
    }

    @Test("not before a tenth of the time, or a day, has gathered; and no more than so many at once")
    func pace() async throws {
        let notebook = try Notebook()
        let journal = try await open(notebook, keeping: .seconds(86_400 * 10))
        try await journal.add(2_500, of: "a", at: day(0))
        try await journal.add(1, of: "a", at: day(11))
        #expect(try await journal.history(of: nil, limit: 9_999).count == 2_501)
        for left in [1_503, 505] {
            try await journal.add(1, of: "a", at: day(11) + .seconds(1))
            #expect(try await journal.history(of: nil, limit: 9_999).count == left)
        }
        for _ in 0..<2 { try await journal.add(1, of: "a", at: day(11) + .seconds(2)) }
        #expect(try await journal.history(of: nil, limit: 9_999).first.map { $0.at >= day(1) } == true)
        #expect(try await notebook.open().verifyHistory(holding: nil).faults == [])
    }

    @Test("what does not hold is not pruned: it is evidence")
    func broken() async throws {
        let notebook = try Notebook()
        let journal = try await open(notebook, keeping: .seconds(86_400))
        try await journal.add(4, of: "a", at: day(0))
        try notebook.execute(
            "DROP TRIGGER line_is_not_changed; UPDATE line SET content = CAST(replace(CAST(content AS TEXT), 'AKIA', 'AKIB') AS BLOB) WHERE number = 3"
        )
        try await journal.add(1, of: "a", at: day(9))
        #expect(try await journal.history(of: nil, limit: 9).map(\.number).first == 3)
        #expect(try await notebook.open().verifyHistory(holding: nil).faults.first?.line == 3)
    }

    @Test("whoever claims that lines were pruned needs the seal key")
    func forged() async throws {
        let notebook = try Notebook()
        try await notebook.open().add(4, of: "a")
        let stored = try #require(try await SQLiteStore(path: notebook.path).user("a"))
        let lines = try await SQLiteStore(path: notebook.path).lines(.following(user: "a", number: 1, limit: 1))
        var record = try stored.read().record
        (record.chain.prunedLine, record.chain.prunedHash) = (2, Coding.split(lines[0].content).voucher)
        let connection = try Connection(notebook.path)
        try connection.prepare("UPDATE user SET record = ?").run([
            .bytes(Coding.join(Coding.split(stored.record).voucher, Coding.json(record)))
        ])
        try connection.execute("DROP TRIGGER line_is_not_removed; DELETE FROM line WHERE number <= 2")
        let faults = try await notebook.open().verifyHistory(holding: nil).faults.map(\.text)
        #expect(faults.contains { $0.contains("not written with this seal key") })
        #expect(faults.contains { $0.contains("no line says that the lines up to 2 were pruned") })
    }
}
