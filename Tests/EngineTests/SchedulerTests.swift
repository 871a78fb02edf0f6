import Engine
import Journal
import Rotation
import Secrets
import Testing

@Suite("The scheduler", .timeLimit(.minutes(1)))
struct SchedulerTests {
    @Test("has a user that was never seen worked on at once")
    func unobserved() async throws {
        let stage = try await Stage()
        let scheduler = Scheduler(engine: stage.engine(), users: [stage.user("a"), stage.user("b")])
        let due = try await scheduler.due(at: stage.clock.now)
        #expect(due.now.map(\.name) == ["a", "b"])
        #expect(due.next == nil)
    }

    @Test("says who is due now, and when the first of the others is")
    func due() async throws {
        let stage = try await Stage()
        for (name, age) in [("old", 23 * 3600), ("young", 3600), ("fresh", 0)] {
            _ = stage.aws.addOldKey(of: name, age: .seconds(age))
        }
        let users = ["old", "young", "fresh"].map { stage.user($0) }
        _ = await stage.engine().work(on: users, extent: .due)
        let scheduler = Scheduler(engine: stage.engine(), users: users)
        let before = try await scheduler.due(at: VirtualClock.start)
        #expect(before.now.isEmpty)
        #expect(before.next == VirtualClock.start + .seconds(3600))
        let after = try await scheduler.due(at: VirtualClock.start + .seconds(3600))
        #expect(after.now.map(\.name) == ["old"])
        #expect(after.next == VirtualClock.start + .seconds(23 * 3600))
    }

    @Test("a delivery that waits for its next try is due then")
    func waitingDelivery() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: Stage.target(0))
        let user = stage.user()
        let outcome = await stage.engine().work(on: user, requests: [], extent: .due)
        let retryAt = try #require(outcome.rotation?.deliveries[Stage.target(0)]?.retryAt)
        let due = try await Scheduler(engine: stage.engine(), users: [user]).due(at: retryAt - .milliseconds(1))
        #expect(due.now.isEmpty)
        #expect(due.next == retryAt)
    }

    @Test("keeps rotating, time after time, until it is cancelled")
    func run() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        let policy = Policy(rotateEvery: .seconds(1800), overlap: .seconds(60), soak: .seconds(60))
        let (engine, user, aws) = (stage.engine(), stage.user(policy: policy), stage.aws)
        let reports = Counter()
        let task = Task { try await Scheduler(engine: engine, users: [user]).run { _ in reports.takeOne() } }
        await Stage.reached { aws.changes("delete").count >= 3 }
        task.cancel()
        try await task.value
        #expect(aws.keys(of: "bot").count <= 2)
        #expect(reports.taken >= 9)
        let made = aws.changes("create").map(\.at)
        #expect(made[1] - made[0] >= .seconds(1800))
    }

    @Test("a state that cannot be read ends it with the journal's error")
    func unreadable() async throws {
        let stage = try await Stage(journal: UnreadableJournal())
        let scheduler = Scheduler(engine: stage.engine(), users: [stage.user()])
        await #expect(throws: JournalError(.corrupt, "torn")) { try await scheduler.run { _ in } }
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(outcome.end == .journalFailed("torn"))
    }
}

/// A journal that can do nothing.
struct UnreadableJournal: Journal {
    private let error = JournalError(.corrupt, "torn")

    func records() async throws(JournalError) -> [String: JournalRecord] { throw error }
    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) { throw error }
    func release(_ user: String, at position: JournalPosition) async throws(JournalError) { throw error }
    func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition { throw error }
}

@Suite("Whoever comes last", .timeLimit(.minutes(1)))
struct LastUserTests {
    @Test("is begun with when all others are through")
    func order() async throws {
        let stage = try await Stage()
        for name in ["own", "a", "b"] { _ = stage.aws.addOldKey(of: name) }
        let plain = stage.user("own")
        let own = ManagedUser(
            name: "own", userName: "own", keys: stage.aws, policy: plain.policy, targets: Array(plain.targets.values),
            comesLast: true
        )
        let users = [own, stage.user("a"), stage.user("b")]
        let outcomes = await stage.engine().work(on: users, requests: [.rotate()], extent: .wholeRotation)
        #expect(outcomes.map(\.user) == ["a", "b", "own"])
        let calls = stage.aws.changes.map { "\($0.call)" }
        #expect(
            calls.lastIndex(of: "create") == calls.count - 3, "create, Inactive and delete of the last are at the end")
    }
}
