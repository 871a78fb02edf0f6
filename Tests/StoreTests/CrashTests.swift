@testable import Journal
import Rotation
import SQLiteStore
import Secrets
import StateStore
import Synchronization
import Testing

/// A store as a process sees it that ends at one of its operations.
private final class DyingStore: StateStore {
    private let store: any StateStore
    private let left: Mutex<Int>
    /// Whether the operation at which the process ends is still carried out.
    private let isCarriedOut: Bool
    var place: String { store.place }

    init(_ store: any StateStore, operations: Int, isLastCarriedOut: Bool) {
        self.store = store
        left = Mutex(operations)
        isCarriedOut = isLastCarriedOut
    }

    private func live<Value>(_ body: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        let left = left.withLock { left in
            left -= 1
            return left
        }
        if left >= 0 { return try await body() }
        if left == -1, isCarriedOut { _ = try await body() }
        throw StoreError(.unavailable, "the process has ended")
    }

    func user(_ name: String) async throws(StoreError) -> StoredUser? {
        try await live { () throws(StoreError) in try await store.user(name) }
    }
    var isShared: Bool { store.isShared }
    func concern() async throws(StoreError) -> String? { nil }
    func epoch() async throws(StoreError) -> String? { nil }
    func time() async throws(StoreError) -> Int64? { nil }

    func versions() async throws(StoreError) -> [String: Int64] {
        try await live { () throws(StoreError) in try await store.versions() }
    }
    func users() async throws(StoreError) -> [String: StoredUser] {
        try await live { () throws(StoreError) in try await store.users() }
    }
    func commit(_ change: UserChange) async throws(StoreError) {
        try await live { () throws(StoreError) in try await store.commit(change) }
    }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] {
        try await live { () throws(StoreError) in try await store.lines(query) }
    }
    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await live { () throws(StoreError) in try await store.documents(prefix) }
    }
    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await live { () throws(StoreError) in try await store.write(content, to: name, version: version) }
    }
    func scrub() async { try? await live { () throws(StoreError) in await store.scrub() } }
}

/// One user's way through a rotation, as the journal is asked to write it down.
private struct Script {
    static let begin = Timestamp(milliseconds: 1_800_000_000_000)
    static let targets = [TargetName("ci:a"), TargetName("ci:b")]
    static let key = AccessKeyID("AKIAIOSFODNN7EXAMPLE")
    static let pair = KeyPair(id: key, secret: .text("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))

    /// The rotation after so many steps, what each step says of its deliveries and pair, and its line of history.
    static let steps: [(rotation: Rotation, transition: Transition, pair: JournalEntry.Pair)] = {
        var rotation = Rotation(at: begin)
        rotation.number = 1
        rotation.phase = .verifying
        rotation.next = KeyRecord(id: key, created: begin, status: .active)
        var steps = [step(rotation, .verifying, pair: .seal(pair))]
        rotation.phase = .delivering
        for target in targets { rotation.deliveries[target] = Delivery() }
        steps.append(step(rotation, .delivering, changed: targets))
        for target in targets {
            rotation.deliveries[target]?.state = .confirmed
            steps.append(step(rotation, .delivered, changed: [target]))
        }
        rotation.phase = .overlap
        (rotation.current, rotation.next) = (rotation.next, nil)
        steps.append(step(rotation, .allDelivered, pair: .wipe))
        return steps
    }()

    private static func step(
        _ rotation: Rotation, _ kind: HistoryEvent.Kind, changed: [TargetName] = [], pair: JournalEntry.Pair = .keep
    ) -> (Rotation, Transition, JournalEntry.Pair) {
        var transition = Transition()
        transition.notes = [HistoryEvent(kind)]
        transition.changedDeliveries = Set(changed)
        return (rotation, transition, pair)
    }

    let owner: LeaseOwner
    let now: Timestamp
    /// Over at once, by whatever clock: what is tried is not who waits for whom.
    var lease: Lease { Lease(owner: owner, lasting: .zero) }
    /// So many steps have been acknowledged.
    var acknowledged = 0
    var position: JournalPosition?

    /// Takes the user up and goes on from there to the end.
    mutating func run(_ journal: StoredJournal) async throws {
        let (record, pair) = try await journal.acquire("bot", lease: lease, at: now)
        position = record.position
        let done = Self.steps.lastIndex { $0.rotation == record.rotation }.map { $0 + 1 } ?? 0
        let hasPair = (1..<Self.steps.count).contains(done)
        #expect(pair?.secret == (hasPair ? Self.pair.secret : nil), "after \(done) steps")
        acknowledged = done
        for step in Self.steps[done...] {
            guard let position else { return }
            self.position = try await journal.commit(
                JournalEntry(
                    user: "bot", position: position, lease: lease, rotation: step.rotation,
                    transition: step.transition, pair: step.pair, at: now))
            acknowledged += 1
        }
        try await journal.write(["bot": NotificationState(before: Self.steps[0].rotation)], at: "slack")
        if let position { try await journal.release("bot", at: position) }
    }
}

/// A process may end between any two operations of a store, or in one. Another one, on another machine, goes on.
extension StoreSuite {
    func aCrashAnywhereLosesNothing() async throws {
        let seal = Seal(key: Seal.makeKey())
        for isCarriedOut in [false, true] {
            var operations = 0
            var isOver = false
            while !isOver {
                isOver = try await crash(after: operations, isCarriedOut, seal)
                operations += 1
                // As many as the script has; a script that never ends is a fault.
                try #require(operations < 100)
            }
            #expect(operations > 10)
        }
    }

    /// - Returns: whether the first process came to its end.
    private func crash(after operations: Int, _ isCarriedOut: Bool, _ seal: Seal) async throws -> Bool {
        let store = try await openFresh()
        let dying = DyingStore(store, operations: operations, isLastCarriedOut: isCarriedOut)
        var first = Script(owner: LeaseOwner(boot: "a", process: 1, began: "1"), now: Script.begin)
        let before = try? await StoredJournal(dying, seal: seal)
        var isOver = false
        if let before {
            do {
                try await first.run(before)
                isOver = true
            } catch is JournalError {}
        }
        // Its clock may be a day behind.
        let later = Script.begin + .seconds(operations.isMultiple(of: 2) ? -86_400 : 61)
        var second = Script(owner: LeaseOwner(boot: "b", process: 2, began: "2"), now: later)
        let after = try await StoredJournal(store, seal: seal)
        let found = try await after.records()["bot"].map { record in
            Script.steps.lastIndex { $0.rotation == record.rotation }.map { $0 + 1 } ?? 0
        }
        #expect((first.acknowledged...first.acknowledged + 1).contains(found ?? 0))
        try await second.run(after)
        #expect(second.acknowledged == Script.steps.count)
        var filter = HistoryFilter(limit: 100)
        filter.user = "bot"
        let kinds = try await after.history(filter).map(\.note.kind)
        #expect(kinds == [.verifying, .delivering, .delivered, .delivered, .allDelivered], "died after \(operations)")
        #expect(try await after.verifyHistory(holding: nil).faults.isEmpty)
        #expect(try await store.user("bot")?.parts["pair"] == nil, "the pair of a rotation that is over is kept")
        #expect(try await after.told(at: "slack").keys.elementsEqual(["bot"]))
        // The first one was not dead, but asleep: what it still wants to write comes too late.
        if !isOver, let position = first.position, let awake = try? await StoredJournal(store, seal: seal) {
            await #expect(throws: JournalError.self) {
                _ = try await awake.commit(
                    JournalEntry(
                        user: "bot", position: position, lease: first.lease, rotation: Script.steps[0].rotation,
                        transition: Transition(), pair: .keep, at: first.now))
            }
        }
        return isOver
    }
}
