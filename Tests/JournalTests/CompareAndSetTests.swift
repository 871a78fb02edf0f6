@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("Compare and set")
struct CompareAndSetTests {
    private let other = LeaseOwner(boot: LeaseOwner.current.boot, process: .max, began: "1")
    private let elsewhere = LeaseOwner(boot: "another/pid:[1]", process: 1, began: "1")

    private func note(_ detail: String) -> Transition {
        var transition = Transition()
        transition.notes = [Note(.blocked, detail: detail)]
        transition.changedDeliveries = [TargetName("travis:a/a")]
        return transition
    }

    @Test("a stale version is overtaken, and leaves nothing behind")
    func stale() throws {
        let journal = try Notebook().open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let version = try journal.commit(Notebook.entry(first.rotation, version: first.version))
        #expect(version == first.version + 1)
        var late = Notebook.verifying
        late.deliveries[TargetName("travis:a/a")] = Delivery()
        for stale in [first.version, version + 1, 0, -1] {
            let entry = Notebook.entry(
                late, version: stale, transition: note("late"), pair: .seal(Notebook.pair))
            expectCode(.overtaken) { _ = try journal.commit(entry) }
        }
        #expect(try journal.record(of: "bot")?.rotation == first.rotation)
        #expect(try journal.record(of: "bot")?.version == version)
        #expect(try journal.history(of: nil, limit: 10).isEmpty)
        #expect(try journal.pendingPair(of: "bot") == nil)
    }

    @Test("an owner whose lease was taken over is overtaken, even with the right version")
    func wrongOwner() throws {
        let journal = try Notebook().open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let entry = Notebook.entry(
            first.rotation, version: first.version, lease: Lease(owner: other, until: Notebook.now + .seconds(60)))
        expectCode(.overtaken) { _ = try journal.commit(entry) }
    }

    @Test("after a release nothing can be committed any more")
    func released() throws {
        let journal = try Notebook().open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        try journal.release("bot", lease: Notebook.lease)
        expectCode(.overtaken) { _ = try journal.commit(Notebook.entry(first.rotation, version: first.version)) }
        expectCode(.overtaken) { _ = try journal.commit(Notebook.entry(first.rotation, version: 1, user: "nobody")) }
    }

    @Test("taking a user up again makes what the same process began before come too late")
    func acquiredAgain() throws {
        let journal = try Notebook().open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        let second = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(second.version > first.version)
        expectCode(.overtaken) { _ = try journal.commit(Notebook.entry(first.rotation, version: first.version)) }
    }

    @Test("a lease holds while its owner lives or cannot be judged, and until it expires")
    func leases() throws {
        let (now, until) = (Notebook.now, Notebook.now + .seconds(60))
        for (holder, asker, isHeld) in [
            (LeaseOwner.current, other, true), (other, .current, false), (elsewhere, .current, true),
            (.current, .current, false), (.current, elsewhere, true),
        ] {
            let journal = try Notebook().open()
            _ = try journal.acquire("bot", lease: Lease(owner: holder, until: until), at: now)
            let lease = Lease(owner: asker, until: until + .seconds(60))
            if isHeld {
                expectCode(.leased) { _ = try journal.acquire("bot", lease: lease, at: now) }
                expectCode(.leased) { _ = try journal.acquire("bot", lease: lease, at: until - .milliseconds(1)) }
                #expect(try journal.record(of: "bot")?.lease?.owner == holder)
            }
            let record = try journal.acquire("bot", lease: lease, at: isHeld ? until : now).record
            #expect(record.lease == lease)
        }
    }

    @Test("a lease of another boot that ends further ahead than any lease is not believed; one of a living process is")
    func leasesFromTheFuture() throws {
        let (now, asked) = (Notebook.now, Lease(owner: elsewhere, until: Notebook.now + .seconds(60)))
        for (holder, ahead, isHeld) in [
            (LeaseOwner.current, 120, true), (.current, 121, false), (elsewhere, 121, false),
        ] {
            let journal = try Notebook().open()
            _ = try journal.acquire("bot", lease: Lease(owner: holder, until: now + .seconds(ahead)), at: now)
            guard isHeld else {
                #expect(try journal.acquire("bot", lease: asked, at: now).record.lease == asked)
                continue
            }
            expectCode(.leased) { _ = try journal.acquire("bot", lease: asked, at: now) }
        }
        let journal = try Notebook().open()
        _ = try journal.acquire("bot", lease: Lease(owner: .current, until: now + .seconds(5_000)), at: now)
        let sameBoot = Lease(owner: other, until: now + .seconds(60))
        expectCode(.leased) { _ = try journal.acquire("bot", lease: sameBoot, at: now) }
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

    @Test("a release with a lease that is not the holder's does nothing")
    func foreignRelease() throws {
        let journal = try Notebook().open()
        _ = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        try journal.release("bot", lease: Lease(owner: other, until: Notebook.now))
        #expect(try journal.record(of: "bot")?.lease == Notebook.lease)
        try journal.release("bot", lease: Notebook.lease)
        #expect(try journal.record(of: "bot")?.lease == nil)
    }

    @Test("two connections to one file see each other's commits")
    func twoConnections() throws {
        let notebook = try Notebook()
        let (one, two) = (try notebook.open(), try notebook.open())
        let record = try one.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        expectCode(.leased) {
            _ = try two.acquire("bot", lease: Lease(owner: other, until: Notebook.now + .seconds(90)), at: Notebook.now)
        }
        let version = try two.commit(Notebook.entry(record.rotation, version: record.version))
        expectCode(.overtaken) { _ = try one.commit(Notebook.entry(record.rotation, version: record.version)) }
        #expect(try one.record(of: "bot")?.version == version)
    }
}
