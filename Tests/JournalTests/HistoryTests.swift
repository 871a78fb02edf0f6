@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("History")
struct HistoryTests {
    private func journal(_ users: [String], lines: Int) throws -> SQLiteJournal {
        let journal = try SQLiteJournal(path: nil, seal: nil)
        for user in users {
            let record = try journal.acquire(user, lease: Notebook.lease, at: Notebook.now).record
            var transition = Transition()
            transition.notes = (0..<lines).map { Note(.blocked, detail: "\(user) \($0)") }
            _ = try journal.commit(
                Notebook.entry(record.rotation, version: record.version, transition: transition, user: user))
        }
        return journal
    }

    @Test("is told oldest first, and cut at its old end")
    func order() throws {
        let journal = try journal(["a"], lines: 20)
        let all = try journal.history(of: nil, limit: 100)
        #expect(all.map { $0.note.detail } == (0..<20).map { "a \($0)" })
        #expect(all.map(\.id) == all.map(\.id).sorted())
        #expect(try journal.history(of: nil, limit: 3).map { $0.note.detail } == ["a 17", "a 18", "a 19"])
        #expect(try journal.history(of: nil, limit: 0).isEmpty)
    }

    @Test("is one user's, or everybody's")
    func users() throws {
        let journal = try journal(["a", "b"], lines: 3)
        #expect(try journal.history(of: "b", limit: 2).map { $0.note.detail } == ["b 1", "b 2"])
        #expect(try journal.history(of: nil, limit: 100).count == 6)
        #expect(try journal.history(of: "nobody", limit: 100).isEmpty)
    }

    @Test("is narrowed by time, target and key")
    func filters() throws {
        let journal = try SQLiteJournal(path: nil, seal: nil)
        let record = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var version = record.version
        for second in 0..<6 {
            var transition = Transition()
            transition.notes = [
                Note(
                    .blocked, key: AccessKeyID(second.isMultiple(of: 2) ? "AKIA0" : "AKIA1"),
                    target: TargetName("travis:a/\(second / 3)"), detail: "\(second)")
            ]
            var entry = Notebook.entry(record.rotation, version: version, transition: transition)
            entry.at = Notebook.now + .seconds(second)
            version = try journal.commit(entry)
        }
        func told(_ change: (inout HistoryFilter) -> Void) throws -> [String?] {
            var filter = HistoryFilter(limit: 9)
            change(&filter)
            return try journal.history(filter).map(\.note.detail)
        }
        #expect(try told { $0.since = Notebook.now + .seconds(4) } == ["4", "5"])
        #expect(try told { $0.until = Notebook.now + .seconds(2) } == ["0", "1"])
        #expect(try told { $0.target = TargetName("travis:a/1") } == ["3", "4", "5"])
        #expect(try told { $0.key = AccessKeyID("AKIA1") } == ["1", "3", "5"])
        #expect(
            try told {
                $0.key = AccessKeyID("AKIA0")
                $0.since = Notebook.now + .seconds(1)
                $0.limit = 1
            } == ["4"])
    }

    @Test("keeps every kind of line with every field", arguments: Note.Kind.allCases)
    func roundTrip(kind: Note.Kind) throws {
        let journal = try SQLiteJournal(path: nil, seal: nil)
        let record = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var rotation = record.rotation
        rotation.number = 9
        let notes = [
            Note(kind),
            Note(
                kind, key: Notebook.keyID, target: TargetName("travis:a/a"), evidence: .timestamp,
                detail: "'; DROP TABLE history; --"),
        ]
        var transition = Transition()
        transition.notes = notes
        _ = try journal.commit(Notebook.entry(rotation, version: record.version, transition: transition))
        let lines = try journal.history(of: "bot", limit: 10)
        #expect(lines.map(\.note) == notes)
        #expect(lines.allSatisfy { $0.at == Notebook.now && $0.rotation == 9 && $0.user == "bot" })
    }
}
