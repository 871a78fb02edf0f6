import Engine
import Journal
import Rotation
import Testing

@Suite("A process that is to stop", .timeLimit(.minutes(1)))
struct StoppingTests {
    @Test("writes down what is in progress, and leaves the rest as it was")
    func settles() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.confirmsLate(.seconds(3)), for: Stage.target(1))
        stage.pushers.set(.isNotBegun, for: Stage.target(2))
        stage.pushers.set(.hangs, for: Stage.target(3))
        let (engine, pushers, user) = (stage.engine(), stage.pushers, stage.user(targets: 4))
        let task = Task { await engine.work(on: user, requests: [], extent: .due) }
        await Stage.reached { !pushers.pushes(to: Stage.target(3)).isEmpty }
        task.cancel()
        let outcome = await task.value
        #expect(outcome.end == .stopped)
        let rotation = try #require(try await stage.journal.record(of: "bot")?.rotation)
        #expect(rotation.phase == .delivering)
        #expect(rotation.deliveries[Stage.target(0)]?.state == .confirmed)
        #expect(rotation.deliveries[Stage.target(1)]?.state == .confirmed)
        #expect(rotation.deliveries[Stage.target(2)]?.state == .pending)
        #expect(rotation.deliveries[Stage.target(2)]?.attempts == 0)
        // No one knows of the one that hangs; the next start pushes it again, and takes it for half written.
        #expect(rotation.deliveries[Stage.target(3)]?.attempts == 1)
        #expect(stage.aws.changes.map(\.call) == ["create"])

        stage.pushers.set(.confirms, for: Stage.target(2))
        stage.pushers.set(.confirms, for: Stage.target(3))
        let next = await stage.engine().work(on: user, requests: [], extent: .wholeRotation)
        #expect(next.rotation?.phase == .idle)
        #expect(stage.pushers.pushes(to: Stage.target(0)).count == 1)
        #expect(stage.pushers.pushes(to: Stage.target(1)).count == 1)
    }

    @Test("does not begin what an answer would lead to")
    func beginsNothing() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        for index in 0..<2 { stage.pushers.set(.confirmsLate(.seconds(2)), for: Stage.target(index)) }
        let (engine, pushers) = (stage.engine(), stage.pushers)
        let user = stage.user(targets: 2, policy: Policy(overlap: .milliseconds(1), soak: .milliseconds(1)))
        let task = Task { await engine.work(on: user, requests: [], extent: .wholeRotation) }
        await Stage.reached { !pushers.pushes(to: Stage.target(1)).isEmpty }
        task.cancel()
        #expect(await task.value.rotation?.phase == .overlap)
        #expect(stage.aws.changes.map(\.call) == ["create"])
    }

    @Test("waits for what never ends no longer than its patience")
    func isBounded() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.hangs, for: Stage.target(0))
        let (engine, pushers, clock) = (stage.engine(), stage.pushers, stage.clock)
        let user = stage.user(policy: Policy(pushTimeout: .seconds(600)))
        let task = Task { await engine.work(on: user, requests: [], extent: .due) }
        await Stage.reached { pushers.held(Stage.target(1)) != nil && pushers.held(Stage.target(2)) != nil }
        let asked = clock.now
        task.cancel()
        #expect(await task.value.end == .stopped)
        #expect(clock.now - asked < .seconds(10))
    }
}
