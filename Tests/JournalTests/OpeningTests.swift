import Foundation
import GRDB
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("Opening a state file")
struct OpeningTests {
    @Test("another seal key is told at once, before any pair is needed")
    func wrongSealKey() throws {
        let notebook = try Notebook()
        _ = try notebook.open()
        let words = expectCode(.wrongSealKey) {
            _ = try SQLiteJournal(path: notebook.path, seal: Seal(key: Seal.makeKey()))
        }
        #expect(words.hasPrefix(notebook.path))
        _ = try notebook.open()
    }

    @Test("a text file is foreign, and stays as it was")
    func textFile() throws {
        let notebook = try Notebook()
        let text = Data(String(repeating: "dear diary, ", count: 100).utf8)
        try notebook.write(text)
        let words = expectCode(.foreign) { _ = try notebook.open() }
        #expect(words.hasPrefix(notebook.path))
        #expect(try Data(contentsOf: URL(fileURLWithPath: notebook.path)) == text)
    }

    @Test("another program's SQLite database is foreign, and stays as it was to the byte")
    func otherProgram() throws {
        for application in [0, 0x1234_5678] {
            let notebook = try Notebook()
            try DatabaseQueue(path: notebook.path).write { database in
                try database.execute(sql: "CREATE TABLE diary (day TEXT); PRAGMA application_id = \(application)")
            }
            let before = try Data(contentsOf: URL(fileURLWithPath: notebook.path))
            expectCode(.foreign) { _ = try notebook.open() }
            #expect(try Data(contentsOf: URL(fileURLWithPath: notebook.path)) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: notebook.directory) == ["state.db"])
        }
    }

    @Test("a newer layout is told with both versions, and not touched")
    func newer() throws {
        let notebook = try Notebook()
        _ = try notebook.open().seal()
        try DatabaseQueue(path: notebook.path).write { try $0.execute(sql: "PRAGMA user_version = 7") }
        let words = expectCode(.newer) { _ = try notebook.open() }
        #expect(words.contains("layout 7"))
        #expect(words.contains("up to 3"))
    }

    @Test("a damaged file is corrupt, not foreign and not empty")
    func corrupt() throws {
        let notebook = try Notebook()
        try notebook.open().seal()
        try DatabaseQueue(path: notebook.path).writeWithoutTransaction { database in
            _ = try database.checkpoint(.truncate)
        }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: notebook.path))
        bytes.replaceSubrange(100..., with: Data(repeating: 0xA5, count: bytes.count - 100))
        try notebook.write(bytes)
        expectCode(.corrupt) { _ = try notebook.open() }
    }

    @Test("a row with a word that no keyturn writes is corrupt, and the error holds nothing of the row")
    func unknownWord() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.seal()
        try DatabaseQueue(path: notebook.path).write { try $0.execute(sql: "UPDATE rotation SET phase = 'sleeping'") }
        let words = expectCode(.corrupt) { _ = try journal.record(of: "bot") }
        #expect(!words.contains("sleeping"))
        expectCode(.corrupt) { _ = try journal.records() }
        expectCode(.corrupt) { _ = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now) }
    }

    @Test("creations that are no JSON are corrupt")
    func tornCreations() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.seal()
        try DatabaseQueue(path: notebook.path).write { try $0.execute(sql: "UPDATE rotation SET creations = '[{'") }
        expectCode(.corrupt) { _ = try journal.record(of: "bot") }
    }

    @Test("a directory that is not there, and a directory in place of the file, are unavailable")
    func unavailable() throws {
        let notebook = try Notebook()
        expectCode(.unavailable) { _ = try SQLiteJournal(path: notebook.directory + "/no/state.db", seal: nil) }
        expectCode(.unavailable) { _ = try SQLiteJournal(path: notebook.directory, seal: nil) }
    }

    @Test("an empty file is laid out; a state in memory needs none")
    func empty() throws {
        let notebook = try Notebook()
        try notebook.write(Data())
        try notebook.open().seal()
        try SQLiteJournal(path: nil, seal: notebook.seal).seal()
    }
}
