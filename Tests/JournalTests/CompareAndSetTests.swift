@testable import Journal
import Rotation
import SQLiteStore
import Secrets
import Synchronization
import Testing

@Suite("Compare and set")
struct CompareAndSetTests {
    private let other = LeaseOwner(boot: LeaseOwner.current.boot, process: .max, began: "1")
    private let elsewhere = LeaseOwner(boot: "another/pid:[1]", process: 1, began: "1")

    private func note(_ detail: String) -> Transition {
        var transition = Transition()
        transition.notes = [HistoryEvent(.blocked, detail: detail)]
        transition.changedDeliveries = [TargetName("travis:a/a")]
        return transition
    }

    @Test("a stale version is overtaken, and leaves nothing behind")
    func stale() async throws {
        let journal = try await Notebook.inMemory()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let position = try await journal.commit(Notebook.entry(first.rotation, position: first.position))
        #expect(position.version == first.position.version + 1)
        var late = Notebook.verifying
        late.deliveries[TargetName("travis:a/a")] = Delivery()
        for version in [first.position.version, position.version + 1, 0, -1] {
            var stale = position
            stale.version = version
            let entry = Notebook.entry(
                late, position: stale, transition: note("late"), pair: .seal(Notebook.pair))
            await expectCode(.overtaken) { _ = try await journal.commit(entry) }
        }
        #expect(try await journal.record(of: "bot")?.rotation == first.rotation)
        #expect(try await journal.record(of: "bot")?.position == position)
        #expect(try await journal.history(of: nil, limit: 10).isEmpty)
        #expect(try await journal.pendingPair(of: "bot") == nil)
    }

    @Test("after a release nothing can be committed any more")
    func released() async throws {
        let journal = try await Notebook.inMemory()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        try await journal.release("bot", at: first.position)
        await expectCode(.overtaken) {
            _ = try await journal.commit(Notebook.entry(first.rotation, position: first.position))
        }
        await expectCode(.overtaken) {
            _ = try await journal.commit(Notebook.entry(first.rotation, position: first.position, user: "nobody"))
        }
    }

    @Test("taking a user up again makes what the same process began before come too late")
    func acquiredAgain() async throws {
        let journal = try await Notebook.inMemory()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let second = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(second.position.version > first.position.version)
        await expectCode(.overtaken) {
            _ = try await journal.commit(Notebook.entry(first.rotation, position: first.position))
        }
    }

    /// A journal whose store's clock is set by the test.
    private func clocked() async throws -> (StoredJournal, StoreClock) {
        let clock = StoreClock()
        let store = try SQLiteStore(path: nil) { clock.milliseconds.withLock { $0 } }
        return (try await StoredJournal(store, seal: Seal(key: Seal.makeKey())), clock)
    }

    @Test("a lease holds while its owner lives or cannot be judged, and until it expires by the store's clock")
    func leases() async throws {
        for (holder, asker, isHeld) in [
            (LeaseOwner.current, other, true), (other, .current, false), (elsewhere, .current, true),
            (.current, .current, false), (.current, elsewhere, true),
        ] {
            let (journal, clock) = try await clocked()
            let held = Lease(owner: holder, lasting: .seconds(60))
            _ = try await journal.acquire("bot", lease: held, at: Notebook.now)
            let lease = Lease(owner: asker, lasting: .seconds(60))
            // What the worker's own clock shows does not matter.
            let moments = [Notebook.now, Notebook.now + .seconds(86_400), Notebook.now - .seconds(86_400)]
            if isHeld {
                for moment in moments {
                    await expectCode(.leased) { _ = try await journal.acquire("bot", lease: lease, at: moment) }
                }
                clock.milliseconds.withLock { $0 += 59_999 }
                await expectCode(.leased) { _ = try await journal.acquire("bot", lease: lease, at: Notebook.now) }
                #expect(try await journal.record(of: "bot")?.lease?.owner == holder)
                clock.milliseconds.withLock { $0 += 1 }
            }
            let record = try await journal.acquire("bot", lease: lease, at: moments[2]).record
            #expect(record.lease == lease)
        }
    }

    @Test("a lease of another boot that lasts longer than any lease is not believed; one of a living process is")
    func leasesFromTheFuture() async throws {
        let asked = Lease(owner: elsewhere, lasting: .seconds(60))
        for (holder, ahead, isHeld) in [
            (LeaseOwner.current, 120, true), (.current, 121, false), (elsewhere, 121, false),
        ] {
            let (journal, _) = try await clocked()
            _ = try await journal.acquire(
                "bot", lease: Lease(owner: holder, lasting: .seconds(ahead)), at: Notebook.now)
            guard isHeld else {
                #expect(try await journal.acquire("bot", lease: asked, at: Notebook.now).record.lease == asked)
                continue
            }
            await expectCode(.leased) { _ = try await journal.acquire("bot", lease: asked, at: Notebook.now) }
        }
        let (journal, _) = try await clocked()
        _ = try await journal.acquire(
            "bot", lease: Lease(owner: .current, lasting: .seconds(5_000)), at: Notebook.now)
        let sameBoot = Lease(owner: other, lasting: .seconds(60))
        await expectCode(.leased) { _ = try await journal.acquire("bot", lease: sameBoot, at: Notebook.now) }
    }

    @Test("a process with the number of a dead one is not the same owner")
    func reusedProcessID() {
        let current = LeaseOwner.current
        let reused = LeaseOwner(boot: current.boot, process: current.process, began: "1")
        #expect(reused.isGone(asSeenBy: current))
        #expect(!current.isGone(asSeenBy: reused))
        #expect(LeaseOwner(text: current.text) == current)
        #expect(LeaseOwner(text: "") == nil)
        #expect(LeaseOwner(text: "boot x began") == nil)
        #expect(!current.boot.isEmpty && !current.began.isEmpty)
    }

    @Test("a release by a process that was overtaken does nothing")
    func foreignRelease() async throws {
        let journal = try await Notebook.inMemory()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let second = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        try await journal.release("bot", at: first.position)
        #expect(try await journal.record(of: "bot")?.lease?.owner == Notebook.lease.owner)
        try await journal.release("bot", at: second.position)
        #expect(try await journal.record(of: "bot")?.lease == nil)
    }

    @Test("two connections to one file see each other's commits")
    func twoConnections() async throws {
        let notebook = try Notebook()
        let (one, two) = (try await notebook.open(), try await notebook.open())
        let record = try await one.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        await expectCode(.leased) {
            _ = try await two.acquire(
                "bot", lease: Lease(owner: other, lasting: .seconds(90)), at: Notebook.now)
        }
        let position = try await two.commit(Notebook.entry(record.rotation, position: record.position))
        await expectCode(.overtaken) {
            _ = try await one.commit(Notebook.entry(record.rotation, position: record.position))
        }
        #expect(try await one.record(of: "bot")?.position == position)
    }
}

/// A store's clock that is set by the test.
final class StoreClock: Sendable {
    let milliseconds = Mutex<Int64>(1_800_000_000_000)
}
