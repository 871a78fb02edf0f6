import Foundation
import GRDB
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("The chain of the history")
struct ChainTests {
    /// Ten lines of two users, in five commits.
    private func filled() throws -> Notebook {
        let notebook = try Notebook()
        let journal = try notebook.open()
        for user in ["a", "b", "c", "d", "e"] { try journal.add(2, of: user) }
        return notebook
    }

    private func tamper(_ notebook: Notebook, _ sql: String) throws {
        try DatabaseQueue(path: notebook.path).write { database in
            try database.execute(sql: "DROP TRIGGER history_is_not_changed; DROP TRIGGER history_is_not_removed")
            try database.execute(sql: sql)
        }
    }

    private func faults(_ notebook: Notebook, _ mark: HistoryVerdict.Mark? = nil) throws -> [HistoryVerdict.Fault] {
        try #require(try notebook.open().verifyHistory(holding: mark)).faults
    }

    @Test("holds as it was written, by one process or several")
    func holds() throws {
        let notebook = try filled()
        try notebook.open().add(1, of: "f")
        let verdict = try #require(try notebook.open().verifyHistory(holding: nil))
        #expect(verdict.faults == [] && verdict.lines == 11 && verdict.head?.line == 11 && verdict.isEndChecked)
    }

    @Test(
        "shows a changed field, whichever it is",
        arguments: [
            "at = at + 1", "user = 'x'", "rotation = 7", "kind = 'completed'", "kind = 'nonsense'", "key_id = 'AKIA2'",
            "target = 'travis:b/b'", "evidence = 'timestamp'", "detail = 'other'", "detail = NULL", "author = '{}'",
            "line_hash = zeroblob(32)",
        ])
    func changed(change: String) throws {
        let notebook = try filled()
        try tamper(notebook, "UPDATE history SET \(change) WHERE id = 4")
        #expect(try faults(notebook).first?.line == 4)
    }

    @Test(
        "shows lines that were removed, inserted or reordered",
        arguments: [
            ("DELETE FROM history WHERE id = 4", "line 4 is missing"),
            ("DELETE FROM history WHERE id < 4", "lines 1 to 3 are missing"),
            ("DELETE FROM history WHERE id > 8", "lines 9 to 10 are missing at the end"),
            ("DELETE FROM history", "lines 1 to 10 are missing at the end"),
            (
                "INSERT INTO history SELECT 11, at, user, rotation, kind, key_id, target, evidence, detail, author, line_hash "
                    + "FROM history WHERE id = 10", "its hash is not that"
            ),
            (
                "UPDATE history SET id = -4 WHERE id = 4; UPDATE history SET id = 4 WHERE id = 5; "
                    + "UPDATE history SET id = 5 WHERE id = -4", "its hash is not that"
            ),
            ("DELETE FROM chain", "the end of the chain was removed"),
        ])
    func moved(change: String, words: String) throws {
        let notebook = try filled()
        try tamper(notebook, change)
        let faults = try faults(notebook)
        #expect(faults.contains { $0.text.contains(words) }, "\(faults)")
    }

    /// Somebody who knows how the chain is made, and rewrites what comes after.
    private func rewrite(_ notebook: Notebook, from line: Int64, upTo last: Int64) throws {
        try DatabaseQueue(path: notebook.path).write { database in
            try database.execute(sql: "DROP TRIGGER history_is_not_changed; DROP TRIGGER history_is_not_removed")
            try database.execute(sql: "DELETE FROM history WHERE id > ?", arguments: [last])
            try database.execute(sql: "UPDATE history SET detail = 'forged' WHERE id = ?", arguments: [line])
            var hash = try Array(
                #require(
                    try Data.fetchOne(
                        database, sql: "SELECT line_hash FROM history WHERE id = ?", arguments: [line - 1])))
            let statement = try PreparedStatement(Query.allHistory.sql(layout: Schema.version), database)
            var rewritten: [(Int64, [UInt8])] = []
            try statement.run { row in
                guard let number = row.number(0), number >= line else { return }
                hash = HistoryChain.hash(after: hash, Rows.content(row))
                rewritten.append((number, hash))
            }
            for (number, hash) in rewritten {
                try database.execute(
                    sql: "UPDATE history SET line_hash = ? WHERE id = ?", arguments: [Data(hash), number])
            }
            try database.execute(sql: "UPDATE chain SET line = ?, line_hash = ?", arguments: [last, Data(hash)])
        }
    }

    @Test("shows a forger who has everything but the seal key", arguments: [10, 7])
    func forged(last: Int64) throws {
        let notebook = try filled()
        let head = try #require(try notebook.open().verifyHistory(holding: nil)?.head)
        try rewrite(notebook, from: 5, upTo: last)
        #expect(try faults(notebook).map(\.text).contains { $0.contains("not written with this seal key") })
        // Without the seal key only a head that was noted elsewhere tells.
        let looking = try SQLiteJournal(path: notebook.path, seal: nil)
        let blind = try #require(try looking.verifyHistory(holding: nil))
        #expect(blind.faults == [] && !blind.isEndChecked)
        #expect(try looking.verifyHistory(holding: head)?.faults.count == 1)
    }

    @Test("a line that is written after a forgery does not make it good")
    func laundered() throws {
        for change in ["forged", "DELETE FROM history WHERE id > 8", "DELETE FROM chain", "UPDATE chain SET line = 3"] {
            let notebook = try filled()
            if change == "forged" { try rewrite(notebook, from: 5, upTo: 8) } else { try tamper(notebook, change) }
            for user in ["f", "g"] { try notebook.open().add(1, of: user) }
            let lines = try notebook.open().history(of: nil, limit: 100)
            #expect(lines.filter { $0.note.kind == .historyBroken }.count == 1)
            #expect(lines.suffix(1).map(\.user) == ["g"])
            #expect(try faults(notebook).contains { $0.text.contains("keyturn found then") })
        }
    }

    @Test("a process that is at work notices what another did to the end")
    func besideWork() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.add(3, of: "a")
        try tamper(notebook, "DELETE FROM history WHERE id = 3")
        try journal.add(1, of: "b")
        #expect(
            try journal.history(of: nil, limit: 9).map(\.note.kind) == [.blocked, .blocked, .historyBroken, .blocked])
    }

    @Test("a commit that fails leaves the chain as it was")
    func failedCommit() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.add(3, of: "a")
        var transition = Transition()
        transition.notes = [Note(.blocked)]
        expectCode(.unavailable) {
            // Deliveries with a name that the table does not take would be a fault of ours: a full disk is nobody's.
            try DatabaseQueue(path: notebook.path).write { try $0.execute(sql: "ALTER TABLE chain RENAME TO no_chain") }
            defer {
                try? DatabaseQueue(path: notebook.path).write {
                    try $0.execute(sql: "ALTER TABLE no_chain RENAME TO chain")
                }
            }
            try journal.add(1, of: "b")
        }
        try journal.add(1, of: "c")
        #expect(try faults(notebook) == [])
    }

    @Test("a head that was noted is found for as long as its line is kept, by number or by hash alone")
    func marks() throws {
        let notebook = try filled()
        let head = try #require(try notebook.open().verifyHistory(holding: nil)?.head)
        try notebook.open().add(5, of: "f")
        #expect(try faults(notebook, head) == [])
        #expect(try faults(notebook, HistoryVerdict.Mark(head.hash.uppercased())) == [])
        #expect(try faults(notebook, .init(line: 9, hash: head.hash)).count == 1)
        #expect(try faults(notebook, .init(line: nil, hash: String(repeating: "0", count: 64))).count == 1)
        for text in ["", "12", "x:\(head.hash)", "10:\(head.hash.dropLast())", "1:2:\(head.hash)"] {
            #expect(HistoryVerdict.Mark(text) == nil)
        }
    }

    @Test("two states never share a line")
    func beginnings() throws {
        let heads = try (0..<2).map { _ in
            let journal = try SQLiteJournal(path: nil, seal: nil)
            try journal.add(1, of: "a")
            return try #require(try journal.verifyHistory(holding: nil)?.head)
        }
        #expect(heads[0] != heads[1])
    }

    @Test("SQLite itself refuses to change or remove a line")
    func triggers() throws {
        let notebook = try filled()
        for sql in ["UPDATE history SET detail = 'x'", "DELETE FROM history WHERE id = 1", "DELETE FROM history"] {
            #expect(throws: DatabaseError.self) {
                try DatabaseQueue(path: notebook.path).write { try $0.execute(sql: sql) }
            }
        }
        #expect(try faults(notebook) == [])
    }

    @Test("says who wrote each line")
    func authors() throws {
        let author = Author(command: "rotate", host: "ci-1", uid: 1_000, name: "alice", login: "bob \"the\" builder")
        let journal = try SQLiteJournal(path: nil, seal: nil, author: author)
        try journal.add(1, of: "a")
        #expect(try journal.history(of: "a", limit: 1).first?.author == author)
        #expect(Author.current(command: "step").command == "step" && !Author.current(command: "step").host.isEmpty)
    }
}

extension SQLiteJournal {
    /// Adds lines, all at one time.
    func add(_ count: Int, of user: String, at moment: Timestamp = Notebook.now) throws {
        let lease = Lease(owner: .current, until: moment + .seconds(60))
        let record = try acquire(user, lease: lease, at: moment).record
        var transition = Transition()
        transition.notes = (0..<count).map {
            Note(.blocked, key: Notebook.keyID, target: TargetName("travis:a/a"), evidence: .readBack, detail: "\($0)")
        }
        var entry = Notebook.entry(
            record.rotation, version: record.version, transition: transition, user: user, lease: lease)
        entry.at = moment
        _ = try commit(entry)
    }
}
