import Foundation
@testable import SQLiteStore
import StateStore
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("The sealed pair")
struct SealingTests {
    @Test("comes back as it was, also in a new process")
    func roundTrip() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        #expect(try await journal.pendingPair(of: "bot") == nil)
        try await journal.seal()
        for journal in [journal, try await notebook.open()] {
            let pair = try #require(try await journal.pendingPair(of: "bot"))
            #expect(pair.id == Notebook.keyID)
            #expect(pair.secret == .text(Notebook.secretText))
        }
    }

    @Test("is in no file in any readable form, neither before nor after the log is emptied")
    func neverReadable() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        try await journal.seal()
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
    func wiped() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        let position = try await journal.seal()
        let sealed = try #require(try await notebook.part(Part.pair))
        #expect(try notebook.allBytes().range(of: sealed) != nil)
        _ = try await journal.commit(Notebook.entry(Notebook.verifying, position: position, pair: .wipe))
        #expect(try await journal.pendingPair(of: "bot") == nil)
        #expect(try notebook.allBytes().range(of: sealed) == nil)
        #expect(try notebook.allBytes().range(of: sealed.prefix(24)) == nil)
    }

    @Test("stays through commits that keep it")
    func kept() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        let position = try await journal.seal()
        _ = try await journal.commit(Notebook.entry(Notebook.verifying, position: position))
        #expect(try await journal.pendingPair(of: "bot")?.secret == .text(Notebook.secretText))
    }

    @Test("is bound to its user and its key: moved elsewhere it cannot be opened")
    func bound() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        try await journal.seal("bot")
        _ = try await journal.acquire("other", lease: Notebook.lease, at: Notebook.now)
        let pair = try #require(try await notebook.part(Part.pair)).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        try notebook.execute("INSERT INTO part (user, name, content) VALUES ('other', 'pair', x'\(pair.joined())')")
        var moved = Notebook.verifying
        let record = try await journal.acquire("other", lease: Notebook.lease, at: Notebook.now).record
        _ = try await journal.commit(Notebook.entry(moved, position: record.position, user: "other"))
        await expectCode(.corrupt) { _ = try await journal.pendingPair(of: "other") }
        moved.next?.id = AccessKeyID("AKIAOTHER")
        let own = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        _ = try await journal.commit(Notebook.entry(moved, position: own.position))
        await expectCode(.corrupt) { _ = try await journal.pendingPair(of: "bot") }
    }

    @Test("without the seal key can be neither read nor written, while all else can")
    func withoutKey() async throws {
        let notebook = try Notebook()
        let position = try await notebook.open().seal()
        let looking = try await notebook.look()
        #expect(try await looking.record(of: "bot")?.rotation.phase == .verifying)
        let entry = Notebook.entry(Notebook.verifying, position: position, pair: .seal(Notebook.pair))
        await expectCode(.unavailable) { _ = try await looking.commit(entry) }
        #expect(try await looking.record(of: "bot")?.position == position)
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
}
