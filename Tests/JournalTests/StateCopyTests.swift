@testable import Journal
import Rotation
import Secrets
import StateStore
import Testing

@Suite("Copying a state")
struct StateCopyTests {
    private let seal = Seal(key: Seal.makeKey())

    /// Users with pairs, a history in several parts, and documents.
    private func world() async throws -> MortalStore {
        let store = try MortalStore("here")
        let journal = try await StoredJournal(store, seal: seal)
        for user in ["ada", "bot"] {
            var position = try await journal.seal(user)
            for detail in ["1", "2", "3"] {
                var transition = Transition()
                transition.notes = [HistoryEvent(.verifying, detail: detail)]
                position = try await journal.commit(
                    Notebook.entry(Notebook.verifying, position: position, transition: transition, user: user))
            }
            try await journal.release(user, at: position)
        }
        try await journal.update("found") { _ in [1, 2, 3] }
        try await journal.announce(FleetWorker(version: "1", since: 0, users: 0))
        return store
    }

    @discardableResult
    private func copy(_ from: MortalStore, _ to: MortalStore) async throws(JournalError) -> StateCopy.Report {
        try await StateCopy(
            from: try await StoredJournal(from, seal: seal), to: try await StoredJournal(to, seal: nil)
        ).run(asking: Notebook.lease)
    }

    private func isInUse(_ store: MortalStore) async throws -> Bool {
        do throws(JournalError) {
            try await StoredJournal(store, seal: nil).requireInUse()
            return true
        } catch {
            #expect(error.code == .moved)
            return false
        }
    }

    @Test("takes everything along but what belongs to a place, and leaves the former state marked")
    func whole() async throws {
        let (from, to) = (try await world(), try MortalStore("there"))
        let users = try await from.users().mapValues { [$0.record] + $0.parts.sorted { $0.key < $1.key }.map(\.value) }
        let report = try await copy(from, to)
        #expect(report.users == 2 && report.lines == 6 && report.documents == 2)
        let copied = try await to.users().mapValues { [$0.record] + $0.parts.sorted { $0.key < $1.key }.map(\.value) }
        #expect(copied == users)
        let journal = try await StoredJournal(to, seal: seal)
        #expect(try await journal.verifyHistory(holding: HistoryVerdict.Mark(report.head ?? "")).faults == [])
        #expect(try await journal.pendingPair(of: "bot")?.secret == .text(Notebook.secretText))
        #expect(try await journal.document("found") == [1, 2, 3])
        #expect(try await journal.workers().isEmpty)
        _ = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now)

        let former = try await StoredJournal(from, seal: seal)
        let error = await #expect(throws: JournalError.self) {
            _ = try await former.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        }
        #expect(error?.code == .moved && error?.description.hasPrefix("here: it was copied to there") == true)
        await expectCode(.moved) { _ = try await former.reseal(asking: Notebook.lease) }
        // Looking at it is as before.
        #expect(try await former.verifyHistory(holding: nil).faults == [])
        #expect(try await former.reopen() == "there")
        _ = try await former.acquire("bot", lease: Notebook.lease, at: Notebook.now)
        #expect(try await former.reopen() == nil)
    }

    @Test("that ends between any two operations of either store goes on, and never leaves two states in use")
    func crashes() async throws {
        for isSource in [true, false] {
            var deaths = 0
            for operations in 0..<100 {
                let (from, to) = (try await world(), try MortalStore("there"))
                let mortal = isSource ? from : to
                mortal.end(after: operations)
                var isOver = false
                do {
                    try await copy(from, to)
                    isOver = true
                } catch { deaths += 1 }
                mortal.end(after: nil)
                let isEmpty = try await to.users().isEmpty
                let (former, copied) = (try await isInUse(from), try await isInUse(to))
                // From the first user that is copied on, no one works at the former place.
                #expect(isEmpty || !former)
                if isOver { break }
                // The very last operation was done, and its answer lost.
                if !isEmpty, copied { continue }
                #expect(try await copy(from, to).lines == 6)
                let (formerNow, copiedNow) = (try await isInUse(from), try await isInUse(to))
                #expect(copiedNow && !formerNow)
            }
            #expect((8..<100).contains(deaths))
        }
    }

    @Test("is refused while a process is at work, which it names, and the state is in use as before")
    func leased() async throws {
        let (from, to) = (try await world(), try MortalStore("there"))
        let other = Lease(owner: LeaseOwner(boot: "elsewhere", process: 7, began: "1"), lasting: .seconds(60))
        let worker = try await StoredJournal(from, seal: seal)
        let record = try await worker.acquire("bot", lease: other, at: Notebook.now).record
        let error = await #expect(throws: JournalError.self) { try await copy(from, to) }
        #expect(error?.code == .leased && error?.description.contains("process 7 is at work on bot") == true)
        #expect(try await isInUse(from))
        #expect(try await to.documents("").isEmpty)
        // It is not disturbed.
        let position = try await worker.commit(
            Notebook.entry(record.rotation, position: record.position, lease: other))
        try await worker.release("bot", at: position)
        try await copy(from, to)
    }

    @Test("is refused where the target is another state, and where the history does not hold")
    func refused() async throws {
        let (from, other) = (try await world(), try await world())
        await expectCode(.foreign) { try await copy(from, other) }
        #expect(try await isInUse(from))
        let unfinished = try MortalStore("there")
        unfinished.end(after: 8)
        await #expect(throws: JournalError.self) { try await copy(other, unfinished) }
        unfinished.end(after: nil)
        await expectCode(.foreign) { try await copy(from, unfinished) }
        let stored = try #require(try await from.user("bot"))
        var change = UserChange("bot", version: stored.version, lease: nil)
        change.lastDeletedLine = 1
        try await from.commit(change)
        let empty = try MortalStore("elsewhere")
        await expectCode(.corrupt) { try await copy(from, empty) }
        #expect(try await isInUse(from))
        #expect(try await empty.documents("").isEmpty)
    }
}

@Suite("A backup that was put back")
struct RestorationTests {
    @Test("has open creations doubted, once for each user, and says so in the history")
    func doubted() async throws {
        let notebook = try Notebook()
        let before = try await notebook.open()
        let first = try await before.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var rotation = first.rotation
        rotation.creations = [Rotation.Creation(at: Notebook.now, known: [])]
        let position = try await before.commit(Notebook.entry(rotation, position: first.position))
        try await before.release("bot", at: position)
        let journal = try await notebook.open()
        try await journal.noteRestoration()
        for _ in 0..<2 {
            let record = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
            #expect(record.rotation.creations.map(\.mayExist) == [false])
            try await journal.release("bot", at: record.position)
        }
        let lines = try await journal.history(HistoryFilter(limit: 10))
        #expect(lines.map(\.note.kind) == [.stateMayBeBehind])
        #expect(lines.first?.note.detail == "an older backup of the state was put back")
        #expect(try await journal.verifyHistory(holding: nil).faults == [])
        // Another one later is another occasion.
        try await journal.noteRestoration()
        _ = try await notebook.open().acquire("bot", lease: Notebook.lease, at: Notebook.now)
        #expect(try await journal.history(HistoryFilter(limit: 10)).count == 2)
    }
}
