import Foundation
@testable import Journal
import Rotation
@testable import SQLiteStore
import Secrets
import StateStore
import Testing

@Suite("The chain of the history")
struct ChainTests {
    /// Ten lines of one user and two of another.
    private func filled() async throws -> Notebook {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        for _ in 0..<5 { try await journal.add(2, of: "a") }
        try await journal.add(2, of: "b")
        return notebook
    }

    private func tamper(_ notebook: Notebook, _ sql: String) throws {
        try notebook.execute(
            "DROP TRIGGER IF EXISTS line_is_not_changed; DROP TRIGGER IF EXISTS line_is_not_removed; \(sql)")
    }

    private func faults(
        _ notebook: Notebook, _ mark: HistoryVerdict.Mark? = nil
    ) async throws -> [HistoryVerdict.Fault] {
        try await notebook.open().verifyHistory(holding: mark).faults
    }

    @Test("holds as it was written, by one process or several")
    func holds() async throws {
        let notebook = try await filled()
        try await notebook.open().add(1, of: "c")
        let verdict = try await notebook.open().verifyHistory(holding: nil)
        #expect(verdict.faults == [] && verdict.lines == 13 && verdict.head != nil && verdict.isEndChecked)
    }

    @Test(
        "shows a changed line, whatever was changed",
        arguments: [
            "at = at + 1", "user = 'b', number = 4", "content = x''", "content = substr(content, 2)",
            "content = CAST(replace(CAST(content AS TEXT), 'AKIA', 'AKIB') AS BLOB)",
            "content = CAST(replace(CAST(content AS TEXT), 'blocked', 'nonsense') AS BLOB)",
            "content = CAST(replace(CAST(content AS TEXT), '\"number\":4', '\"number\":3') AS BLOB)",
        ])
    func changed(change: String) async throws {
        let notebook = try await filled()
        try tamper(notebook, "UPDATE line SET \(change) WHERE user = 'a' AND number = 4")
        let faults = try await faults(notebook)
        #expect(faults.contains { $0.line == 4 || $0.text.contains("line 4 is missing") }, "\(faults)")
    }

    @Test(
        "shows lines that were removed, inserted or reordered",
        arguments: [
            ("DELETE FROM line WHERE user = 'a' AND number = 4", "line 4 is missing"),
            ("DELETE FROM line WHERE user = 'a' AND number < 4", "lines 1 to 3 are missing"),
            ("DELETE FROM line WHERE user = 'a' AND number > 8", "lines 9 to 10 are missing at the end"),
            ("DELETE FROM line", "lines 1 to 10 are missing at the end"),
            (
                "INSERT INTO line SELECT user, 11, at, content FROM line WHERE user = 'a' AND number = 10",
                "its hash is not that"
            ),
            (
                "UPDATE line SET number = -4 WHERE user = 'a' AND number = 4; UPDATE line SET number = 4 WHERE number = 5; "
                    + "UPDATE line SET number = 5 WHERE number = -4", "its hash is not that"
            ),
            (
                "UPDATE user SET record = (SELECT record FROM user WHERE name = 'b') WHERE name = 'a'",
                "was not written with this seal key"
            ),
        ])
    func moved(change: String, words: String) async throws {
        let notebook = try await filled()
        try tamper(notebook, change)
        let faults = try await faults(notebook)
        #expect(faults.contains { $0.text.contains(words) }, "\(faults)")
    }

    @Test("newer lines that are removed with an older record put back show against a head that was noted, and only so")
    func putBack() async throws {
        let notebook = try Notebook()
        try await notebook.open().add(2, of: "a")
        let older = try await SQLiteStore(path: notebook.path).user("a")?.record
        try await notebook.open().add(2, of: "a")
        let head = try #require(try await notebook.open().verifyHistory(holding: nil).head)
        let record = try #require(older).map { String($0, radix: 16) }.map { $0.count == 1 ? "0" + $0 : $0 }.joined()
        try tamper(notebook, "DELETE FROM line WHERE number > 2; UPDATE user SET record = x'\(record)'")
        #expect(try await faults(notebook) == [])
        #expect(try await faults(notebook, head).map(\.text).contains { $0.contains("is not part of this history") })
        // Of the two one alone shows without any head.
        let half = try Notebook()
        try await half.open().add(2, of: "a")
        try await half.open().add(2, of: "a")
        try tamper(half, "DELETE FROM line WHERE number > 2")
        #expect(!(try await faults(half)).isEmpty)
    }

    /// Someone who knows how the chain is made, and rewrites what comes after.
    private func rewrite(_ notebook: Notebook, from line: Int64, upTo last: Int64) async throws {
        let store = try SQLiteStore(path: notebook.path)
        let lines = try await store.lines(.following(user: "a", number: line - 2, limit: 99))
        var hash = Coding.split(lines[0].content).voucher
        try tamper(notebook, "DELETE FROM line WHERE user = 'a' AND number > \(last)")
        let connection = try Connection(notebook.path)
        for stored in lines.dropFirst() where stored.number <= last {
            let json = Array(
                String(decoding: Coding.split(stored.content).json, as: UTF8.self)
                    .replacingOccurrences(of: "AKIA", with: "AKIF").utf8)
            hash = ChainHead.hash(after: hash, json)
            try connection.prepare("UPDATE line SET content = ? WHERE user = 'a' AND number = ?").run([
                .bytes(Coding.join(hash, json)), .number(stored.number),
            ])
        }
        let entry = try #require(try await store.user("a"))
        var record = try entry.read().record
        (record.chain.line, record.chain.hash) = (last, hash)
        try connection.prepare("UPDATE user SET record = ? WHERE name = 'a'").run([
            .bytes(Coding.join(Coding.split(entry.record).voucher, Coding.json(record)))
        ])
    }

    @Test("shows a forger who has everything but the seal key", arguments: [10, 7])
    func forged(last: Int64) async throws {
        let notebook = try await filled()
        let head = try #require(try await notebook.open().verifyHistory(holding: nil).head)
        try await rewrite(notebook, from: 5, upTo: last)
        #expect(try await faults(notebook).map(\.text).contains { $0.contains("not written with this seal key") })
        // Without the seal key only a head that was noted elsewhere shows it.
        let looking = try await notebook.look()
        let blind = try await looking.verifyHistory(holding: nil)
        #expect(blind.faults == [] && !blind.isEndChecked)
        #expect(try await looking.verifyHistory(holding: head).faults.count == 1)
    }

    @Test("a line that is written after a forgery does not make it good")
    func laundered() async throws {
        for change in [
            "forged", "DELETE FROM line WHERE user = 'a' AND number > 8",
            "UPDATE user SET record = (SELECT record FROM user WHERE name = 'b') WHERE name = 'a'",
        ] {
            let notebook = try await filled()
            if change == "forged" {
                try await rewrite(notebook, from: 5, upTo: 8)
            } else {
                try tamper(notebook, change)
            }
            for _ in 0..<2 { try await notebook.open().add(1, of: "a") }
            let lines = try await notebook.open().history(of: "a", limit: 100)
            #expect(lines.filter { $0.note.kind == .historyBroken }.count == 1, "\(change)")
            #expect(lines.last?.note.kind == .blocked)
            #expect(try await faults(notebook).contains { $0.text.contains("keyturn found then") })
        }
    }

    @Test("a head that was noted is found for as long as its lines are kept")
    func marks() async throws {
        let notebook = try await filled()
        let head = try #require(try await notebook.open().verifyHistory(holding: nil).head)
        try await notebook.open().add(5, of: "b", at: Notebook.now + .seconds(1))
        try await notebook.open().add(5, of: "c", at: Notebook.now + .seconds(1))
        #expect(try await faults(notebook, head) == [])
        #expect(HistoryVerdict.Mark(head.description.uppercased()) == head)
        #expect(try await faults(notebook, .init(at: head.at + .seconds(1), hash: head.hash)).count == 1)
        #expect(try await faults(notebook, .init(at: head.at, hash: String(repeating: "0", count: 64))).count == 1)
        for text in ["", "12", head.hash, "x:\(head.hash)", "10:\(head.hash.dropLast())", "1:2:\(head.hash)"] {
            #expect(HistoryVerdict.Mark(text) == nil)
        }
    }

    @Test("two states never share a line")
    func beginnings() async throws {
        var heads: Set<HistoryVerdict.Mark?> = []
        for _ in 0..<2 {
            let journal = try await Notebook.inMemory()
            try await journal.add(1, of: "a")
            heads.insert(try await journal.verifyHistory(holding: nil).head)
        }
        #expect(heads.count == 2)
    }

    @Test("the time of a line is never before that of the line before it, also where the clock was set back")
    func timesGoForward() async throws {
        let journal = try await Notebook.inMemory()
        for seconds in [10, 3, 20] { try await journal.add(1, of: "a", at: Notebook.now + .seconds(seconds)) }
        #expect(
            try await journal.history(of: "a", limit: 9).map { ($0.at - Notebook.now).milliseconds }
                == [10_000, 10_000, 20_000])
    }

    @Test("SQLite itself refuses to change a line")
    func trigger() async throws {
        let notebook = try await filled()
        #expect(throws: StoreError.self) { try notebook.execute("UPDATE line SET at = 1") }
        #expect(try await faults(notebook) == [])
    }

    @Test("says who wrote each line")
    func authors() async throws {
        let author = Author(command: "rotate", host: "ci-1", uid: 1_000, name: "alice", login: "bob \"the\" builder")
        let journal = try await Notebook.inMemory(author: author)
        try await journal.add(1, of: "a")
        #expect(try await journal.history(of: "a", limit: 1).first?.author == author)
        #expect(Author.current(command: "step").command == "step" && !Author.current(command: "step").host.isEmpty)
    }
}

extension StoredJournal {
    /// Adds lines, all at one time.
    func add(_ count: Int, of user: String, at moment: Timestamp = Notebook.now) async throws {
        let lease = Lease(owner: .current, lasting: .seconds(60))
        let record = try await acquire(user, lease: lease, at: moment).record
        var transition = Transition()
        transition.notes = (0..<count).map {
            HistoryEvent(
                .blocked, key: Notebook.keyID, target: TargetName("travis:a/a"), evidence: .readBack, detail: "\($0)")
        }
        var entry = Notebook.entry(
            record.rotation, position: record.position, transition: transition, user: user, lease: lease)
        entry.at = moment
        _ = try await commit(entry)
    }
}
