import Engine
@testable import Journal
import Rotation
import SQLiteStore
import Secrets

/// What a test of the engine needs: a clock, an account, targets and a journal.
struct Stage {
    /// Short waits: a virtual hour takes real milliseconds as well.
    static let policy = Policy(overlap: .seconds(300), soak: .seconds(300))

    let clock: VirtualClock
    let aws: FakeAWS
    let pushers: FakePushers
    let journal: any Journal

    init(aws: FakeAWS? = nil, clock: VirtualClock = VirtualClock(), journal: (any Journal)? = nil) async throws {
        self.clock = clock
        self.aws = aws ?? FakeAWS(clock)
        pushers = FakePushers(clock)
        self.journal =
            if let journal { journal } else {
                try await StoredJournal(
                    SQLiteStore(path: nil) { clock.now.milliseconds }, seal: Seal(key: Seal.makeKey()))
            }
    }

    /// A stage whose world stays and whose journal is another.
    private init(_ stage: Stage, journal: any Journal) {
        (clock, aws, pushers) = (stage.clock, stage.aws, stage.pushers)
        self.journal = journal
    }

    func with(journal: any Journal) -> Stage { Stage(self, journal: journal) }

    func engine(
        owner: LeaseOwner = .current, usersAtOnce: Int = Engine.usersAtOnce,
        observe: @escaping @Sendable (RotationProgress) -> Void = { _ in }
    ) -> Engine {
        Engine(
            journal: journal, pushers: pushers, clock: clock, owner: owner, usersAtOnce: usersAtOnce, observe: observe)
    }

    func user(_ name: String = "bot", targets: Int = 3, policy: Policy = Stage.policy) -> ManagedUser {
        ManagedUser(
            name: name, userName: name, keys: aws, policy: policy,
            targets: (0..<targets).map { index in
                let target = Self.target(index, of: name)
                return ManagedTarget(target)
            })
    }

    /// One that has not begun, by the clock of this stage.
    var tenure: Tenure { Tenure { [clock] in clock.uptime } }

    /// Lets others work until a condition holds, or the test's time is up.
    static func reached(_ condition: () -> Bool) async {
        while !condition(), !Task.isCancelled { await Task.yield() }
    }

    static func target(_ index: Int, of user: String = "bot") -> TargetName { TargetName("travis:\(user)/\(index)") }

    func phase(of user: String = "bot") async throws -> Phase? { try await journal.record(of: user)?.rotation.phase }

    /// The pair that is kept.
    func pendingPair(of user: String = "bot") async throws -> KeyPair? {
        let lease = Lease(owner: .current, lasting: .seconds(20))
        let (record, pair) = try await journal.acquire(user, lease: lease, at: clock.now)
        try await journal.release(user, at: record.position)
        return pair
    }

    func history(of user: String?, limit: Int) async throws -> [HistoryLine] {
        var filter = HistoryFilter(limit: limit)
        filter.user = user
        return try await (journal as? StoredJournal)?.history(filter) ?? []
    }
}

extension Journal {
    func record(of user: String) async throws(JournalError) -> JournalRecord? { try await records()[user] }
}

extension LeaseOwner {
    /// A process of this machine that is no more.
    static let dead = LeaseOwner(boot: LeaseOwner.current.boot, process: .max, began: "1")
    /// A process of another machine, of which nothing can be known.
    static let elsewhere = LeaseOwner(boot: "another-boot/pid:[1]", process: 1, began: "1")
}
