@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("Records")
struct RecordTests {
    private func key(_ id: String, _ status: AccessKey.Status) -> KeyRecord {
        KeyRecord(id: AccessKeyID(id), created: Notebook.now - .seconds(5), status: status)
    }

    /// A rotation in which every field says something.
    private var full: Rotation {
        var rotation = Rotation(at: Notebook.now)
        rotation.number = 42
        rotation.phase = .creating
        rotation.current = key("AKIACURRENT", .active)
        rotation.next = key("AKIANEXT", .expired)
        rotation.previous = key("AKIAPREVIOUS", .inactive)
        var creation = Rotation.Creation(at: Notebook.now, known: [AccessKeyID("AKIACURRENT")])
        creation.isOpen = false
        creation.mayExist = false
        creation.lostAt = Notebook.now + .seconds(3)
        rotation.creations = [creation, Rotation.Creation(at: Notebook.now, known: [])]
        rotation.answers = 2
        rotation.failures = 3
        rotation.retryAt = Notebook.now + .seconds(30)
        rotation.isRequested = true
        rotation.retained = AccessKeyID("AKIACURRENT")
        rotation.leaks = [
            Leak(AccessKeyID("AKIAPREVIOUS"), isAtOnce: true), Leak(AccessKeyID("AKIASTRANGER"), isStranger: true),
            Leak(AccessKeyID("AKIACURRENT")),
        ]
        rotation.problem = Problem(code: .notSpread, message: "Ünïcode 'quotes' \"too\"", since: Notebook.now)
        for (index, state) in [Delivery.State.pending, .confirmed, .failed, .unknown, .skipped].enumerated() {
            var delivery = Delivery()
            delivery.state = state
            delivery.evidence = [.readBack, .timestamp, .acknowledged, nil, nil][index]
            delivery.attempts = index
            delivery.quickTries = index + 1
            delivery.at = index == 0 ? nil : Notebook.now
            delivery.retryAt = index == 1 ? nil : Notebook.now + .seconds(index)
            delivery.isRateLimited = index == 2
            delivery.heldUntil = index == 3 ? Notebook.now : nil
            delivery.mayBeTorn = index == 4
            delivery.detail = index == 3 ? nil : "detail \(index)"
            rotation.deliveries[TargetName("travis:acme/app\(index)")] = delivery
        }
        return rotation
    }

    private func transition(_ rotation: Rotation) -> Transition {
        var transition = Transition()
        transition.changedDeliveries = Set(rotation.deliveries.keys)
        return transition
    }

    @Test("every field of a rotation and its deliveries comes back as it was")
    func roundTrip() throws {
        let notebook = try Notebook()
        let journal = try notebook.open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(first.rotation == Rotation(at: Notebook.now))
        let version = try journal.commit(Notebook.entry(full, version: first.version, transition: transition(full)))
        for journal in [journal, try notebook.open()] {
            let record = try #require(try journal.record(of: "bot"))
            #expect(record.rotation == full)
            #expect(record.version == version)
            #expect(record.lease == Notebook.lease)
            #expect(try journal.records()["bot"]?.rotation == full)
        }
        let taken = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(taken.rotation == full)
    }

    @Test("every field can become empty again")
    func emptied() throws {
        let journal = try Notebook().open()
        let first = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var version = try journal.commit(Notebook.entry(full, version: first.version, transition: transition(full)))
        var forgets = Transition()
        forgets.forgetsDeliveries = true
        version = try journal.commit(Notebook.entry(Rotation(at: Notebook.now), version: version, transition: forgets))
        #expect(try journal.record(of: "bot")?.rotation == Rotation(at: Notebook.now))
    }

    @Test("users do not see each other's rotations and deliveries")
    func users() throws {
        let journal = try Notebook().open()
        let record = try journal.acquire("a", lease: Notebook.lease, at: Notebook.now).record
        _ = try journal.commit(Notebook.entry(full, version: record.version, transition: transition(full), user: "a"))
        let other = try journal.acquire("b", lease: Notebook.lease, at: Notebook.now).record
        #expect(other.rotation == Rotation(at: Notebook.now))
        var forgets = Transition()
        forgets.forgetsDeliveries = true
        _ = try journal.commit(Notebook.entry(other.rotation, version: other.version, transition: forgets, user: "b"))
        #expect(try journal.record(of: "a")?.rotation == full)
        #expect(Set(try journal.records().keys) == ["a", "b"])
        #expect(try journal.record(of: "c") == nil)
    }

    @Test("a column of creations that is not whole is not read at all", arguments: ["", "1 1", "x 1 1 -", "1 1 1 x"])
    func creations(text: String) {
        #expect(CreationText.read(text)?.isEmpty ?? true)
        #expect(CreationText.read("1 1 1 -\n" + text) == nil || text.isEmpty)
    }

    @Test("what belongs to one process is not kept")
    func transient() throws {
        let journal = try Notebook().open()
        var rotation = Rotation(at: Notebook.now)
        let terms = Terms(policy: Policy(), targets: [TargetName("travis:a/a")])
        _ = rotation.handle(.resumed, at: Notebook.now, terms: terms)
        #expect(rotation.isWaitingForAnswers)
        let record = try journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        _ = try journal.commit(Notebook.entry(rotation, version: record.version))
        #expect(try journal.record(of: "bot")?.rotation == rotation.recorded)
        #expect(try journal.record(of: "bot")?.rotation.isWaitingForAnswers == false)
    }
}
