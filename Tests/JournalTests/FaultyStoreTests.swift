@testable import Journal
import Rotation
import SQLiteStore
import Secrets
import StateStore
import Synchronization
import Testing

/// A store in memory whose writings can be made to fail.
private final class FaultyStore: StateStore {
    enum Fault {
        /// Another process was faster; nothing is written.
        case conflict
        /// It is written, and the answer is lost.
        case lostReply
    }

    private let store: SQLiteStore
    private let faults = Mutex<[Fault]>([])
    let place = "memory"
    let clock = StoreClock()
    let timeline = Mutex<String?>(nil)

    init() throws { store = try SQLiteStore(path: nil) { [clock] in clock.milliseconds.withLock { $0 } } }

    func fail(_ next: Fault...) { faults.withLock { $0 = next } }

    private func write(_ body: () async throws(StoreError) -> Void) async throws(StoreError) {
        let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if fault == .conflict { throw StoreError(.conflict, "it was changed") }
        try await body()
        if fault == .lostReply { throw StoreError(.uncertain, "the connection was lost") }
    }

    func user(_ name: String) async throws(StoreError) -> StoredUser? { try await store.user(name) }
    var isShared: Bool { store.isShared }
    func concern() async throws(StoreError) -> String? { nil }
    func epoch() async throws(StoreError) -> String? { timeline.withLock { $0 } }
    func time() async throws(StoreError) -> Int64? { nil }

    func versions() async throws(StoreError) -> [String: Int64] { try await store.versions() }
    func users() async throws(StoreError) -> [String: StoredUser] { try await store.users() }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] { try await store.lines(query) }
    func scrub() async { await store.scrub() }

    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await store.documents(prefix)
    }

    func commit(_ change: UserChange) async throws(StoreError) {
        try await write { () throws(StoreError) in try await store.commit(change) }
    }

    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await write { () throws(StoreError) in try await store.write(content, to: name, version: version) }
    }
}

@Suite("A journal on a store that fails")
struct FaultyStoreTests {
    private let seal = Seal(key: Seal.makeKey())

    @Test("a user that others take at the same moment is asked for again, a few times")
    func contested() async throws {
        let store = try FaultyStore()
        let journal = try await StoredJournal(store, seal: seal)
        store.fail(.conflict, .conflict)
        _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        store.fail(.conflict, .conflict, .conflict, .conflict)
        await expectCode(.leased) { _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now) }
    }

    @Test("after a switch to another server others' leases are waited for, and open creations are doubted")
    func switched() async throws {
        let store = try FaultyStore()
        store.timeline.withLock { $0 = "00000001" }
        let journal = try await StoredJournal(store, seal: seal)
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var rotation = first.rotation
        rotation.creations = [Rotation.Creation(at: Notebook.now, known: [])]
        let position = try await journal.commit(Notebook.entry(rotation, position: first.position))
        try await journal.release("bot", at: position)
        // The same server: nothing is doubted.
        let same = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(same.rotation.creations.map(\.mayExist) == [true])
        try await journal.release("bot", at: same.position)
        store.timeline.withLock { $0 = "00000002" }
        for elapsed in [0, 59_999] {
            store.clock.milliseconds.withLock { $0 += Int64(elapsed) }
            await expectCode(.leased) { _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now) }
        }
        store.clock.milliseconds.withLock { $0 += 1 }
        let later = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(later.rotation.creations.map(\.mayExist) == [false])
        let kinds = try await journal.history(HistoryFilter(limit: 10)).map(\.note.kind)
        #expect(kinds == [.stateMayBeBehind])
        try await journal.release("bot", at: later.position)
        // Said once.
        _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        #expect(try await journal.history(HistoryFilter(limit: 10)).count == 1)
    }

    @Test("a step whose reply was lost is an error, and is there when the user is taken up again")
    func lostReply() async throws {
        let store = try FaultyStore()
        let journal = try await StoredJournal(store, seal: seal)
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var transition = Transition()
        transition.notes = [HistoryEvent(.verifying)]
        store.fail(.lostReply)
        await expectCode(.unreachable) {
            _ = try await journal.commit(
                Notebook.entry(
                    Notebook.verifying, position: first.position, transition: transition, pair: .seal(Notebook.pair)))
        }
        let (record, pair) = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        #expect(record.rotation == Notebook.verifying && pair?.secret == .text(Notebook.secretText))
        #expect(try await journal.history(of: "bot", limit: 9).map(\.note.kind) == [.verifying])
        #expect(try await journal.verifyHistory(holding: nil).faults == [])
        // What was begun before comes too late.
        await expectCode(.overtaken) {
            _ = try await journal.commit(Notebook.entry(first.rotation, position: first.position))
        }
    }

    @Test("a lease whose reply was lost is this process's own, and is taken again")
    func lostLease() async throws {
        let store = try FaultyStore()
        let journal = try await StoredJournal(store, seal: seal)
        store.fail(.lostReply)
        await expectCode(.unreachable) {
            _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        }
        #expect(try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).pair == nil)
    }

    @Test("of two processes that begin a state at the same moment both use it, if their seal key is one")
    func begunTwice() async throws {
        let store = try FaultyStore()
        _ = try await StoredJournal(store, seal: seal)
        let other = try FaultyStore()
        other.fail(.lostReply)
        await expectCode(.unreachable) { _ = try await StoredJournal(other, seal: seal) }
        _ = try await StoredJournal(other, seal: seal)
        await expectCode(.wrongSealKey) {
            _ = try await StoredJournal(other, seal: Seal(key: Seal.makeKey()))
        }
    }

    @Test("a document is changed by what the other process wrote, a few times, and is bounded")
    func documents() async throws {
        let store = try FaultyStore()
        let journal = try await StoredJournal(store, seal: seal)
        store.fail(.conflict)
        var seen: [[UInt8]?] = []
        try await journal.update("x") { present in
            seen.append(present)
            return [1]
        }
        #expect(seen == [nil, nil])
        #expect(try await journal.document("x") == [1])
        // A name that begins so is another document.
        try await journal.update("xy") { _ in [2] }
        #expect(try await journal.document("x") == [1])
        try await journal.update("x") { _ in nil }
        #expect(try await journal.document("x") == [1])
        store.fail(.conflict, .conflict, .conflict, .conflict)
        await expectCode(.overtaken) { try await journal.update("x") { _ in [3] } }
        let long = [UInt8](repeating: 0, count: StoredJournal.longestDocument + 1)
        await expectCode(.tooLarge) { try await journal.update("x") { _ in long } }
        #expect(try await journal.document("x") == [1])
    }

    @Test("what notifications have sent is written again where others write, too")
    func sent() async throws {
        let store = try FaultyStore()
        let journal = try await StoredJournal(store, seal: seal)
        let told = NotificationState(before: Notebook.verifying)
        store.fail(.conflict)
        try await journal.write(["bot": told], at: "slack a/b")
        #expect(try await journal.told(at: "slack a/b") == ["bot": told])
        #expect(try await journal.told(at: "slack").isEmpty)
        store.fail(.conflict, .conflict, .conflict, .conflict)
        await expectCode(.overtaken) { try await journal.write(["bot": told], at: "slack a/b") }
    }
}
