import Engine
import Journal
import Rotation
import Testing

@Suite("Deliveries", .timeLimit(.minutes(1)))
struct DeliveryTests {
    let tenth = Stage.target(9)

    @Test("nine of ten targets are not enough: the old key stays Active, the pair stays sealed")
    func nineOfTen() async throws {
        let stage = try await Stage()
        let old = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: tenth)
        for _ in 0..<5 {
            let outcome = await stage.engine().work(on: stage.user(targets: 10), requests: [], extent: .due)
            #expect(outcome.end == .rested)
            #expect(outcome.rotation?.phase == .delivering)
            #expect(outcome.rotation?.deliveries.values.count { $0.state == .confirmed } == 9)
            #expect(outcome.rotation?.deliveries[tenth]?.state == .failed)
            stage.clock.advance(.seconds(86_400))
        }
        #expect(stage.aws.changes.map(\.call) == ["create"])
        #expect(stage.aws.keys(of: "bot").contains { $0.id == old && $0.status == .active })
        #expect(try await stage.pendingPair() != nil)
        for index in 0..<9 { #expect(stage.pushers.pushes(to: Stage.target(index)).count == 1) }
        #expect(Set(stage.pushers.pushes(to: tenth)) == ["AKIANEW1"])
    }

    @Test("with one user at once every user is worked on, the others while one waits for its overlap")
    func oneUserAtOnce() async throws {
        let stage = try await Stage()
        let users = (0..<5).map { stage.user("user-\($0)") }
        users.forEach { _ = stage.aws.addOldKey(of: $0.name) }
        let outcomes = await stage.engine(usersAtOnce: 1).work(on: users, requests: [.rotate()], extent: .due)
        #expect(outcomes.map(\.user) == users.map(\.name))
        #expect(outcomes.allSatisfy { $0.end == .rested && $0.rotation?.phase == .overlap })
    }

    @Test("the tenth target gets the same key once it is back, and the rotation goes on")
    func tenthComesBack() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.unauthorized), for: tenth)
        _ = await stage.engine().work(on: stage.user(targets: 10), requests: [], extent: .due)
        stage.pushers.set(.confirms, for: tenth)
        let outcome = await stage.engine().work(on: stage.user(targets: 10), requests: [], extent: .wholeRotation)
        #expect(outcome.rotation?.phase == .idle)
        #expect(stage.pushers.held(tenth) == "AKIANEW1")
        #expect(stage.aws.changes.map(\.call) == ["create", "Inactive", "delete"])
    }

    @Test("what a pusher did not report is pushed again, though the target holds the key already")
    func unknown() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.forgets, for: Stage.target(0))
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(outcome.rotation?.phase == .delivering)
        #expect(outcome.rotation?.deliveries[Stage.target(0)]?.state == .unknown)
        #expect(stage.pushers.pushes(to: Stage.target(0)).count > 1)
        #expect(stage.aws.changes.map(\.call) == ["create"])
    }

    @Test("a target that never answers holds only its own user")
    func neverAnswers() async throws {
        let stage = try await Stage()
        for name in ["stuck", "fine"] { _ = stage.aws.addOldKey(of: name) }
        stage.pushers.set(.hangs, for: Stage.target(0, of: "stuck"))
        let users = [stage.user("stuck"), stage.user("fine")]
        let outcomes = await stage.engine().work(on: users, extent: .due)
        #expect(outcomes.map { $0.rotation?.phase } == [.delivering, .overlap])
        #expect(outcomes[0].rotation?.deliveries[Stage.target(0, of: "stuck")]?.state == .unknown)
        #expect(outcomes[0].rotation?.deliveries[Stage.target(1, of: "stuck")]?.state == .confirmed)
    }

    @Test("while an answer is outstanding the engine sleeps, instead of looking at the clock all the time")
    func sleepsWhileWaiting() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.hangs, for: Stage.target(0))
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(stage.clock.wakes < 60)
    }

    @Test(
        "what comes due again while another target hangs is left to the next run, unless this process stays up",
        arguments: [(Extent.due, 1...1), (.dueWhileUp, 3...9)])
    func leavesSlowTries(extent: Extent, tries: ClosedRange<Int>) async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.hangs, for: Stage.target(0))
        stage.pushers.set(.fails(.unauthorized), for: Stage.target(1))
        let user = stage.user(policy: Policy(overlap: .seconds(300), soak: .seconds(300), pushTimeout: .seconds(70)))
        let outcome = await stage.engine().work(on: user, requests: [], extent: extent)
        #expect(outcome.end == .rested)
        let first = stage.pushers.pushes(to: Stage.target(1)).count
        #expect(tries.contains(first))
        // The next run takes them up as they come due.
        stage.clock.advance(.seconds(60))
        _ = await stage.engine().work(on: user, requests: [], extent: extent)
        #expect(stage.pushers.pushes(to: Stage.target(1)).count > first)
    }

    @Test("a target that hangs does not hold up the second try of another one")
    func retriesBesideHanging() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.hangs, for: Stage.target(0))
        stage.pushers.set(.fails(.retryable), for: Stage.target(1))
        let user = stage.user(policy: Policy(retry: .seconds(5), pushTimeout: .seconds(600)))
        let (engine, pushers) = (stage.engine(), stage.pushers)
        let task = Task { await engine.work(on: user, requests: [], extent: .due) }
        await Stage.reached { pushers.times(of: Stage.target(1)).count >= 20 }
        task.cancel()
        _ = await task.value
        #expect(
            try #require(pushers.times(of: Stage.target(1)).dropFirst(19).first) - VirtualClock.start < .seconds(300))
    }

    @Test("an operator's skip lets the rotation go on without the target")
    func skip() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.fails(.notFound), for: Stage.target(0))
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        let skip = Event.Request.skip(Stage.target(0), reason: "archived")
        let outcome = await stage.engine().work(on: stage.user(), requests: [skip], extent: .wholeRotation)
        #expect(outcome.rotation?.phase == .idle)
        #expect(outcome.rotation?.deliveries[Stage.target(0)]?.state == .skipped)
        #expect(stage.pushers.held(Stage.target(0)) == nil)
    }

    @Test("a key that STS gives to another identity is pushed nowhere")
    func wrongIdentity() async throws {
        let clock = VirtualClock()
        let impostor = "arn:aws:iam::123456789012:user/somebody"
        let stage = try await Stage(aws: FakeAWS(clock, impostor: impostor), clock: clock)
        _ = stage.aws.addOldKey(of: "bot")
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        #expect(outcome.end == .rested)
        #expect(outcome.rotation?.problem?.code == .wrongIdentity)
        #expect(outcome.rotation?.problem?.message.contains(impostor) == true)
        #expect(stage.pushers.pushes(to: Stage.target(0)).isEmpty)
        #expect(stage.aws.changes.map(\.call) == ["create"])
    }
}
