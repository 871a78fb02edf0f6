import Foundation
import GRDB
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("The sealed pair")
struct SealingTests {
    @Test("comes back as it was, also in a new process")
    func roundTrip() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        #expect(try journal.pendingPair(of: "bot") == nil)
        try journal.seal()
        for journal in [journal, try notebook.open()] {
            let pair = try #require(try journal.pendingPair(of: "bot"))
            #expect(pair.id == Notebook.keyID.rawValue)
            #expect(pair.secret == .text(Notebook.secretText))
        }
    }

    @Test("is in no file in any readable form, neither before nor after the log is emptied")
    func neverReadable() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.seal()
        let forms = [
            Data(Notebook.secretText.utf8), Data(Data(Notebook.secretText.utf8).base64EncodedString().utf8),
            Data(Notebook.secretText.utf8.prefix(12)),
        ]
        let files = try FileManager.default.contentsOfDirectory(atPath: notebook.directory)
        #expect(files.contains("state.db-wal"))
        let bytes = try notebook.allBytes()
        #expect(bytes.range(of: Data(Notebook.keyID.rawValue.utf8)) != nil)
        for form in forms { #expect(bytes.range(of: form) == nil) }
    }

    @Test("is gone after the wipe, sealed bytes included, from the file and from its log")
    func wiped() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        let version = try journal.seal()
        let sealed = try #require(try Self.sealedBytes(notebook.path))
        #expect(try notebook.allBytes().range(of: sealed) != nil)
        _ = try journal.commit(Notebook.entry(Notebook.verifying, version: version, pair: .wipe))
        #expect(try journal.pendingPair(of: "bot") == nil)
        #expect(try notebook.allBytes().range(of: sealed) == nil)
        #expect(try notebook.allBytes().range(of: sealed.prefix(24)) == nil)
    }

    @Test("stays through commits that keep it")
    func kept() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        let version = try journal.seal()
        _ = try journal.commit(Notebook.entry(Notebook.verifying, version: version))
        #expect(try journal.pendingPair(of: "bot")?.secret == .text(Notebook.secretText))
    }

    @Test("is bound to its user and its key: moved elsewhere it cannot be opened")
    func bound() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        try journal.seal("bot")
        _ = try journal.acquire("other", lease: Notebook.lease, at: Notebook.now)
        let database = try DatabaseQueue(path: notebook.path)
        try database.write { database in
            try database.execute(
                sql: """
                    UPDATE rotation SET next_id = 'AKIAIOSFODNN7EXAMPLE', next_status = 'Active',
                        sealed = (SELECT sealed FROM rotation WHERE user = 'bot') WHERE user = 'other'
                    """)
        }
        expectCode(.wrongSealKey) { _ = try journal.pendingPair(of: "other") }
        try database.write { try $0.execute(sql: "UPDATE rotation SET next_id = 'AKIAOTHER' WHERE user = 'bot'") }
        expectCode(.wrongSealKey) { _ = try journal.pendingPair(of: "bot") }
    }

    @Test("without the seal key can be neither read nor written, while all else can")
    func withoutKey() throws {
        let notebook = try Notebook()
        let version = try notebook.open().seal()
        let looking = try SQLiteJournal(path: notebook.path, seal: nil)
        #expect(try looking.record(of: "bot")?.rotation.phase == .verifying)
        expectCode(.wrongSealKey) { _ = try looking.pendingPair(of: "bot") }
        let entry = Notebook.entry(Notebook.verifying, version: version, pair: .seal(Notebook.pair))
        expectCode(.wrongSealKey) { _ = try looking.commit(entry) }
        #expect(try looking.record(of: "bot")?.version == version)
    }

    @Test("two sealings of one secret have nothing in common")
    func nonces() {
        let seal = Seal(key: Seal.makeKey())
        let (first, second) = (seal.seal(.text("secret"), context: "a"), seal.seal(.text("secret"), context: "a"))
        #expect(first.prefix(24) != second.prefix(24))
        #expect(first.suffix(22) != second.suffix(22))
        #expect(seal.open(first, context: "a") == .text("secret"))
    }

    @Test("a changed bit, another context, another key and a cut-off end open nothing")
    func tampering() {
        let seal = Seal(key: Seal.makeKey())
        let sealed = seal.seal(.text("secret"), context: "a")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(seal.open(changed, context: "a") == nil)
        }
        #expect(seal.open(sealed, context: "b") == nil)
        #expect(Seal(key: Seal.makeKey()).open(sealed, context: "a") == nil)
        for length in [0, 1, 39, sealed.count - 1] {
            #expect(seal.open(Array(sealed.prefix(length)), context: "a") == nil)
        }
    }

    private static func sealedBytes(_ path: String) throws -> Data? {
        try DatabaseQueue(path: path).read { try Data.fetchOne($0, sql: "SELECT sealed FROM rotation") }
    }
}
