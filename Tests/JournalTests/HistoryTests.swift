@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("History")
struct HistoryTests {
    private func journal(_ users: [String], lines: Int) async throws -> StoredJournal {
        let journal = try await Notebook.inMemory()
        for user in users {
            let record = try await journal.acquire(user, lease: Notebook.lease, at: Notebook.now).record
            var transition = Transition()
            transition.notes = (0..<lines).map { HistoryEvent(.blocked, detail: "\(user) \($0)") }
            _ = try await journal.commit(
                Notebook.entry(record.rotation, position: record.position, transition: transition, user: user))
        }
        return journal
    }

    @Test("is shown oldest first, and cut at its old end")
    func order() async throws {
        let journal = try await journal(["a"], lines: 20)
        let all = try await journal.history(of: nil, limit: 100)
        #expect(all.map { $0.note.detail } == (0..<20).map { "a \($0)" })
        #expect(all.map(\.number) == Array(1...20))
        #expect(try await journal.history(of: nil, limit: 3).map { $0.note.detail } == ["a 17", "a 18", "a 19"])
        #expect(try await journal.history(of: nil, limit: 0).isEmpty)
    }

    @Test("is one user's, or everybody's")
    func users() async throws {
        let journal = try await journal(["a", "b"], lines: 3)
        #expect(try await journal.history(of: "b", limit: 2).map { $0.note.detail } == ["b 1", "b 2"])
        #expect(try await journal.history(of: nil, limit: 100).count == 6)
        #expect(try await journal.history(of: "nobody", limit: 100).isEmpty)
    }

    @Test("is narrowed by time, target and key")
    func filters() async throws {
        let journal = try await Notebook.inMemory()
        let record = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var position = record.position
        for second in 0..<6 {
            var transition = Transition()
            transition.notes = [
                HistoryEvent(
                    .blocked, key: AccessKeyID(second.isMultiple(of: 2) ? "AKIA0" : "AKIA1"),
                    target: TargetName("travis:a/\(second / 3)"), detail: "\(second)")
            ]
            var entry = Notebook.entry(record.rotation, position: position, transition: transition)
            entry.at = Notebook.now + .seconds(second)
            position = try await journal.commit(entry)
        }
        func told(_ change: (inout HistoryFilter) -> Void) async throws -> [String?] {
            var filter = HistoryFilter(limit: 9)
            change(&filter)
            return try await journal.history(filter).map(\.note.detail)
        }
        #expect(try await told { $0.since = Notebook.now + .seconds(4) } == ["4", "5"])
        #expect(try await told { $0.until = Notebook.now + .seconds(2) } == ["0", "1"])
        #expect(try await told { $0.target = TargetName("travis:a/1") } == ["3", "4", "5"])
        #expect(try await told { $0.key = AccessKeyID("AKIA1") } == ["1", "3", "5"])
        #expect(
            try await told {
                $0.key = AccessKeyID("AKIA0")
                $0.since = Notebook.now + .seconds(1)
                $0.limit = 1
            } == ["4"])
    }

    @Test("keeps every kind of line with every field", arguments: HistoryEvent.Kind.allCases)
    func roundTrip(kind: HistoryEvent.Kind) async throws {
        let journal = try await Notebook.inMemory()
        let record = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var rotation = record.rotation
        rotation.number = 9
        var notes = [
            HistoryEvent(kind),
            HistoryEvent(
                kind, key: Notebook.keyID, target: TargetName("travis:a/a"), evidence: .timestamp,
                detail: "'; DROP TABLE history; --"),
        ]
        notes[1].retryAt = Notebook.now + .seconds(30)
        var transition = Transition()
        transition.notes = notes
        _ = try await journal.commit(Notebook.entry(rotation, position: record.position, transition: transition))
        let lines = try await journal.history(of: "bot", limit: 10)
        #expect(lines.map(\.note) == notes)
        #expect(lines.allSatisfy { $0.at == Notebook.now && $0.rotation == 9 && $0.user == "bot" })
    }
}
