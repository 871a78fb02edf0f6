import Foundation
@testable import Journal
import Rotation
import Testing

@Suite("Retention of the history")
struct RetentionTests {
    private func open(_ notebook: Notebook, keeping: Duration?) throws -> SQLiteJournal {
        try SQLiteJournal(path: notebook.path, seal: notebook.seal, retention: keeping)
    }

    private func day(_ number: Int) -> Timestamp { Notebook.now + .seconds(number * 86_400) }

    @Test("keeps all lines unless told otherwise")
    func all() throws {
        let notebook = try Notebook()
        let journal = try open(notebook, keeping: nil)
        for number in 0..<5 { try journal.add(1, of: "a", at: day(number * 1_000)) }
        #expect(try journal.history(of: nil, limit: 99).count == 5)
    }

    @Test("lines that are old enough go, one says so, and the chain holds")
    func prunes() throws {
        let notebook = try Notebook()
        let journal = try open(notebook, keeping: .seconds(400 * 86_400))
        for number in 0..<10 { try journal.add(1, of: "a", at: day(number)) }
        try journal.add(1, of: "a", at: day(405))
        let lines = try journal.history(of: nil, limit: 99)
        #expect(lines.map(\.id) == Array(6...12))
        #expect(lines.map(\.note.kind).suffix(2) == [.historyPruned, .blocked])
        let verdict = try #require(try notebook.open().verifyHistory(holding: nil))
        #expect(verdict.faults == [] && verdict.pruned?.line == 5)
        #expect(try notebook.open().verifyHistory(holding: verdict.pruned)?.faults == [])
        let gone = HistoryVerdict.Mark(line: 2, hash: String(repeating: "a", count: 64))
        #expect(try notebook.open().verifyHistory(holding: gone)?.faults.first?.text.contains("were pruned") == true)
    }

    @Test("not before a tenth of the time, or a day, has gathered; and no more than so many at once")
    func pace() throws {
        let notebook = try Notebook()
        let journal = try open(notebook, keeping: .seconds(86_400 * 10))
        try journal.add(2_500, of: "a", at: day(0))
        try journal.add(1, of: "a", at: day(11))
        #expect(try journal.history(of: nil, limit: 9_999).count == 2_501)
        try journal.add(1, of: "a", at: day(11) + .seconds(1))
        #expect(try journal.history(of: nil, limit: 9_999).count == 2_502)
        try journal.add(1, of: "a", at: day(11) + .seconds(61))
        #expect(try journal.history(of: nil, limit: 9_999).count == 2_504 - 1_000)
        try journal.add(1, of: "a", at: day(11) + .seconds(62))
        #expect(try journal.history(of: nil, limit: 9_999).count == 2_505 - 1_000)
        for minute in 3..<6 { try journal.add(1, of: "a", at: day(11) + .seconds(60 * minute)) }
        #expect(try journal.history(of: nil, limit: 9_999).first.map { $0.at >= day(1) } == true)
        #expect(try notebook.open().verifyHistory(holding: nil)?.faults == [])
    }

    @Test("what does not hold is not pruned: it is evidence")
    func broken() throws {
        let notebook = try Notebook()
        let journal = try open(notebook, keeping: .seconds(86_400))
        try journal.add(4, of: "a", at: day(0))
        try notebook.execute(
            "DROP TRIGGER history_is_not_changed; UPDATE history SET detail = 'x' WHERE id = 3")
        try journal.add(1, of: "a", at: day(9))
        #expect(try journal.history(of: nil, limit: 9).map(\.id).first == 3)
        #expect(try notebook.open().verifyHistory(holding: nil)?.faults.first?.line == 3)
    }

    @Test("whoever claims that lines were pruned needs the seal key")
    func forged() throws {
        let notebook = try Notebook()
        try notebook.open().add(4, of: "a")
        try notebook.execute(
            """
            UPDATE chain SET pruned_line = 2, pruned_hash = (SELECT line_hash FROM history WHERE id = 2);
            DELETE FROM history WHERE id <= 2
            """)
        let faults = try #require(try notebook.open().verifyHistory(holding: nil)).faults.map(\.text)
        #expect(faults.contains { $0.contains("not written with this seal key") })
        #expect(faults.contains { $0.contains("no line says that the lines up to 2 were pruned") })
    }
}
