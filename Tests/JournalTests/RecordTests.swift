import Foundation
@testable import Journal
import Rotation
import SQLiteStore
import Secrets
import StateStore
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
        rotation.consecutiveVerifications = 2
        rotation.failures = 3
        rotation.retryAt = Notebook.now + .seconds(30)
        rotation.isRequested = true
        rotation.retained = AccessKeyID("AKIACURRENT")
        rotation.leaks = [
            Leak(AccessKeyID("AKIAPREVIOUS"), isAtOnce: true), Leak(AccessKeyID("AKIASTRANGER"), isStranger: true),
            Leak(AccessKeyID("AKIACURRENT")),
        ]
        rotation.deletedKeys = [DeletedKey(id: AccessKeyID("AKIAGONE"), at: Notebook.now)]
        rotation.lookedAt = Notebook.now
        rotation.lastUse = LastUse(at: Notebook.now, service: "s3", region: nil)
        rotation.retireReason = "the build is gone"
        rotation.problem = Problem(code: .notSpread, message: "Ünïcode 'quotes' \"too\"", since: Notebook.now)
        for (index, state) in [Delivery.State.pending, .confirmed, .failed, .unknown, .skipped].enumerated() {
            var delivery = Delivery()
            delivery.state = state
            delivery.evidence = [.readBack, .timestamp, .acknowledged, nil, nil][index]
            delivery.attempts = index
            delivery.quickTries = index + 1
            delivery.at = index == 0 ? nil : Notebook.now
            delivery.retryAt = index == 1 ? nil : Notebook.now + .seconds(index)
            delivery.outcome = index == 2 ? .rateLimited : nil
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
    func roundTrip() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(first.rotation == Rotation(at: Notebook.now))
        let position = try await journal.commit(
            Notebook.entry(full, position: first.position, transition: transition(full)))
        for journal in [journal, try await notebook.open()] {
            let record = try #require(try await journal.record(of: "bot"))
            #expect(record.rotation == full)
            #expect(record.position == position)
            #expect(record.lease?.owner == Notebook.lease.owner)
            #expect(try await journal.records()["bot"]?.rotation == full)
        }
        let taken = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(taken.rotation == full)
    }

    @Test("every field can become empty again")
    func emptied() async throws {
        let journal = try await Notebook.inMemory()
        let first = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        var position = try await journal.commit(
            Notebook.entry(full, position: first.position, transition: transition(full)))
        var forgets = Transition()
        forgets.removedDeliveries = Set(full.deliveries.keys)
        position = try await journal.commit(
            Notebook.entry(Rotation(at: Notebook.now), position: position, transition: forgets))
        #expect(try await journal.record(of: "bot")?.rotation == Rotation(at: Notebook.now))
    }

    @Test("users do not see each other's rotations and deliveries")
    func users() async throws {
        let journal = try await Notebook.inMemory()
        let record = try await journal.acquire("a", lease: Notebook.lease, at: Notebook.now).record
        _ = try await journal.commit(
            Notebook.entry(full, position: record.position, transition: transition(full), user: "a"))
        let other = try await journal.acquire("b", lease: Notebook.lease, at: Notebook.now).record
        #expect(other.rotation == Rotation(at: Notebook.now))
        var forgets = Transition()
        forgets.removedDeliveries = Set(full.deliveries.keys)
        _ = try await journal.commit(
            Notebook.entry(other.rotation, position: other.position, transition: forgets, user: "b"))
        #expect(try await journal.record(of: "a")?.rotation == full)
        #expect(Set(try await journal.records().keys) == ["a", "b"])
        #expect(try await journal.record(of: "c") == nil)
    }

    @Test("what an earlier keyturn of this layout has written is read: the text is part of the layout")
    func keptText() throws {
        let text = """
            {"chain":{"at":5,"hash":"ab","line":2,"oldestAt":4,"prunedAt":0,"prunedHash":"cd","prunedLine":0},\
            "rotation":{"consecutiveVerifications":1,"creations":[{"at":3,"isOpen":true,"known":["AKIA1"],"lostAt":4,"mayExist":false}],\
            "current":{"created":1,"id":"AKIA1","status":"Active"},"deletedKeys":[{"at":2,"id":"AKIA0"}],"failures":2,\
            "isRequested":true,"lastUse":{"at":9,"region":"us-east-1","service":"s3"},\
            "leaks":[{"id":"AKIA1","isAtOnce":true,"isStranger":false}],"lookedAt":6,"number":3,"phase":"delivering",\
            "phaseSince":7,"problem":{"code":"drifted","message":"m","since":8},"retained":"AKIA1","retireReason":"r","retryAt":10}}
            """
        let record = try Coding.read(UserRecord.self, Array(text.utf8))
        let rotation = try #require(record.rotation)
        #expect(rotation.number == 3 && rotation.phase == .delivering && rotation.phaseSince.milliseconds == 7)
        #expect(rotation.creations.first?.lostAt?.milliseconds == 4 && rotation.creations.first?.mayExist == false)
        #expect(rotation.leaks == [Leak(AccessKeyID("AKIA1"), isAtOnce: true)])
        #expect(rotation.problem?.code == .drifted && rotation.lastUse?.service == "s3")
        #expect(rotation.deletedKeys == [DeletedKey(id: AccessKeyID("AKIA0"), at: Timestamp(milliseconds: 2))])
        #expect(record.chain.line == 2 && record.chain.oldestAt?.milliseconds == 4)
        #expect(try Coding.read(UserRecord.self, Coding.json(record)).rotation == rotation)
    }

    @Test("what is written is JSON as FoundationEssentials reads it, whatever the texts hold")
    func text() throws {
        var delivery = Delivery()
        delivery.detail = "\u{0}\u{1f}\"\\/\n\t é 日本 \u{1F600} \u{7f}"
        delivery.drift = Drift(.oldKey, key: AccessKeyID("AKIA"), since: Timestamp(milliseconds: .min))
        delivery.plugin = PluginIdentity(id: "a", version: "1", sha256: "b")
        let bytes = Coding.json(delivery)
        #expect(try Coding.read(Delivery.self, bytes) == delivery)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect(object["detail"] as? String == delivery.detail)
        #expect(Coding.json([[1, 2], [], [3]]) == Array("[[1,2],[],[3]]".utf8))
        #expect(Coding.json(["a": [true, false]]) == Array("{\"a\":[true,false]}".utf8))
    }

    @Test(
        "a journal that has read all users sees what others have changed since, whether few or many",
        arguments: [1, 40])
    func changedByOthers(count: Int) async throws {
        let notebook = try Notebook()
        let (one, other) = (try await notebook.open(), try await notebook.open())
        let names = (0..<count).map { "user\($0)" }
        for name in names { _ = try await one.acquire(name, lease: Notebook.lease, at: Notebook.now) }
        #expect(try await one.records().count == count)
        for name in names {
            let record = try await other.acquire(name, lease: Notebook.lease, at: Notebook.now).record
            _ = try await other.commit(
                Notebook.entry(full, position: record.position, transition: transition(full), user: name))
        }
        let records = try await one.records()
        #expect(records.count == count && records.values.allSatisfy { $0.rotation == full })
        try await other.forget("user0", reason: "gone", lease: Notebook.lease, at: Notebook.now)
        #expect(try await one.records()["user0"] == nil)
        #expect(try await one.records().count == count - 1)
    }

    @Test("a state that was put back from a backup is read again, though it comes to a version that was seen before")
    func putBack() async throws {
        let notebook = try Notebook()
        let journal = try await notebook.open()
        var position = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record.position
        let earlier = try await SQLiteStore(path: notebook.path).user("bot")
        position = try await journal.commit(Notebook.entry(full, position: position, transition: transition(full)))
        #expect(try await journal.records()["bot"]?.rotation == full)
        // Another process has gone on from the backup, as often as this one has written.
        let record = try #require(earlier).record.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
        try notebook.execute("DELETE FROM part; UPDATE user SET version = 1, record = x'\(record)'")
        let other = try await notebook.open()
        var elsewhere = try await other.records()["bot"]?.rotation ?? Rotation(at: Notebook.now)
        elsewhere.number = 7
        let start = try #require(try await other.records()["bot"]).position
        _ = try await other.commit(Notebook.entry(elsewhere, position: start))
        #expect(try await other.records()["bot"]?.position.version == position.version)
        let taken = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        #expect(taken.rotation == elsewhere)
    }

    @Test("what belongs to one process is not kept")
    func transient() async throws {
        let journal = try await Notebook.inMemory()
        var rotation = Rotation(at: Notebook.now)
        let requirements = UserRequirements(policy: Policy(), targets: [TargetName("travis:a/a")])
        _ = rotation.handle(.resumed, at: Notebook.now, requirements: requirements)
        #expect(rotation.isWaitingForAnswers)
        let record = try await journal.acquire("bot", lease: Notebook.lease, at: Notebook.now).record
        _ = try await journal.commit(Notebook.entry(rotation, position: record.position))
        #expect(try await journal.record(of: "bot")?.rotation == rotation.recorded)
        #expect(try await journal.record(of: "bot")?.rotation.isWaitingForAnswers == false)
    }
}
