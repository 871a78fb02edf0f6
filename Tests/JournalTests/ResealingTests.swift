@testable import Journal
import Rotation
import Secrets
import StateStore
import Testing

@Suite("Sealing everything again")
struct ResealingTests {
    private let old = Seal.makeKey()
    private let new = Seal.makeKey()
    private var other: Lease {
        Lease(owner: LeaseOwner(boot: "elsewhere", process: 7, began: "1"), lasting: .seconds(60))
    }

    /// Two users with pairs, one of them forgotten later, and one with nothing but a history, sealed with the old key.
    private func world() async throws -> MortalStore {
        let store = try MortalStore()
        let journal = try await StoredJournal(store, seal: Seal(key: old))
        for user in ["ada", "bot", "gone"] {
            try await journal.release(user, at: try await journal.seal(user))
        }
        try await journal.forget("gone", reason: "left", lease: Notebook.lease, at: Notebook.now)
        return store
    }

    private func open(_ store: MortalStore, _ keys: Secret...) async throws(JournalError) -> StoredJournal {
        try await StoredJournal(store, seal: Seal(keys: keys))
    }

    /// Everything can be read and is genuine with these keys.
    private func check(_ store: MortalStore, _ keys: Secret...) async throws {
        let journal = try await StoredJournal(store, seal: Seal(keys: keys))
        for user in ["ada", "bot"] {
            #expect(try await journal.pendingPair(of: user)?.secret == .text(Notebook.secretText))
        }
        #expect(try await journal.verifyHistory(holding: nil).faults == [])
    }

    @Test("leaves nothing that the old key is needed for, and a history that is still true")
    func whole() async throws {
        let store = try await world()
        let head = try await open(store, old).verifyHistory(holding: nil).head
        let journal = try await open(store, new, old)
        let before = try await journal.sealKeyUse()
        #expect(!before.isComplete && before.users == [Seal(key: old).firstID: 3])
        let done = try await journal.reseal(asking: Notebook.lease)
        #expect(done.isComplete && done.resealed == ["ada", "bot", "gone"] && done.already == 3)
        #expect(try await journal.sealKeyUse().isComplete)
        try await check(store, new)
        #expect(try await open(store, new).verifyHistory(holding: head).faults == [])
        // The user that was forgotten stays so.
        #expect(try await open(store, new).records().keys.sorted() == ["ada", "bot"])
        await expectCode(.wrongSealKey) { _ = try await open(store, old) }
        let again = try await open(store, new).reseal(asking: Notebook.lease)
        #expect(again.isComplete && again.resealed.isEmpty)
    }

    @Test("that ends between any two operations of the store leaves everything readable, and goes on")
    func crashes() async throws {
        var deaths = 0
        for operations in 0..<60 {
            let store = try await world()
            let journal = try await open(store, new, old)
            store.end(after: operations)
            var isOver = false
            do { isOver = try await journal.reseal(asking: Notebook.lease).isComplete } catch { deaths += 1 }
            store.end(after: nil)
            try await check(store, new, old)
            try await check(store, old, new)
            // What the marker says is so.
            let use = try await open(store, new, old).sealKeyUse()
            if use.marker == Seal(key: new).firstID { try await check(store, new) } else { #expect(!use.isComplete) }
            if isOver { break }
            let done = try await open(store, new, old).reseal(asking: Notebook.lease)
            #expect(done.isComplete)
            try await check(store, new)
        }
        #expect((10..<60).contains(deaths))
    }

    @Test("leaves a user alone that another process is at work on, and takes it once that has ended")
    func leased() async throws {
        let store = try await world()
        let worker = try await open(store, old, new)
        let position = try await worker.acquire("bot", lease: other, at: Notebook.now).record.position
        let journal = try await open(store, new, old)
        let first = try await journal.reseal(asking: Notebook.lease)
        #expect(first.busy == ["bot": "process 7"] && !first.isComplete)
        #expect(first.resealed == ["ada", "gone"])
        // What that process does is not disturbed.
        let next = try await worker.commit(
            Notebook.entry(Notebook.verifying, position: position, pair: .seal(Notebook.pair), lease: other))
        try await worker.release("bot", at: next)
        let second = try await journal.reseal(asking: Notebook.lease)
        #expect(second.isComplete && second.resealed == ["bot"])
        try await check(store, new)
    }

    @Test("a worker with both keys does not take a new one into use, and never goes back from it")
    func beside() async throws {
        let store = try await world()
        let ids = (old: Seal(key: old).firstID, new: Seal(key: new).firstID)
        // The configuration has the new key first already; others may have the old one only.
        let worker = try await open(store, new, old)
        let early = try await worker.acquire("ada", lease: Notebook.lease, at: Notebook.now).record
        try await worker.release("ada", at: early.position)
        #expect(try await worker.sealKeyUse().users == [ids.old: 3])
        try await check(store, old)
        let late = try await open(store, old, new)
        #expect(try await open(store, new, old).reseal(asking: Notebook.lease).isComplete)
        // Workers that began before: one has the new key first, one the old one.
        for worker in [worker, late] {
            let (record, pair) = try await worker.acquire("ada", lease: Notebook.lease, at: Notebook.now)
            #expect(pair?.secret == .text(Notebook.secretText))
            let position = try await worker.commit(
                Notebook.entry(
                    record.rotation, position: record.position, pair: .seal(Notebook.pair), user: "ada"))
            try await worker.release("ada", at: position)
            #expect(try await open(store, new).sealKeyUse().users == [ids.new: 3])
        }
        try await check(store, new)
    }

    @Test("a worker that lacks the new key stops at a user that has it, changes nothing, and says which key it is")
    func without() async throws {
        let store = try await world()
        let worker = try await open(store, old)
        #expect(try await open(store, new, old).reseal(asking: Notebook.lease).isComplete)
        let before = try await store.user("bot")
        let error = await #expect(throws: JournalError.self) {
            _ = try await worker.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        }
        #expect(error?.code == .wrongSealKey && error?.description.contains(Seal(key: new).firstID) == true)
        #expect(try await store.user("bot") == before)
    }

    @Test("does not make a record look genuine that is not, and then writes no marker")
    func forged() async throws {
        let store = try await world()
        let stored = try #require(try await store.user("bot"))
        var change = UserChange("bot", version: stored.version, lease: nil)
        change.record = Array("0".utf8) + stored.record.dropFirst()
        if change.record == stored.record { change.record = Array("1".utf8) + stored.record.dropFirst() }
        try await store.commit(change)
        let done = try await open(store, new, old).reseal(asking: Notebook.lease)
        #expect(done.doubtful == ["bot"] && !done.isComplete)
        _ = try await open(store, old)
    }

    @Test("every record names its key, by a name that says nothing of it")
    func named() async throws {
        let store = try await world()
        for (_, stored) in try await store.users() {
            let json = String(decoding: Coding.split(stored.record).json, as: UTF8.self)
            #expect(json.contains("\"sealKey\":\"\(Seal(key: old).firstID)\""))
        }
        #expect(Seal(key: old).ids != Seal(key: new).ids && Seal(key: old).firstID.count == 12)
    }

    @Test("workers say which keys they have")
    func announced() async throws {
        let store = try await world()
        let journal = try await open(store, new, old)
        try await journal.announce(FleetWorker(version: "1", since: 0, users: 0))
        let worker = try #require(try await journal.workers().first?.worker)
        #expect(worker.sealKeys == [Seal(key: new).firstID, Seal(key: old).firstID])
    }
}
