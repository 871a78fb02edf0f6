import Engine
@testable import Journal
import Rotation
import Secrets
import Testing

@Suite("Two engines on one journal", .timeLimit(.minutes(1)))
struct LeaseTests {
    private func lease(_ owner: LeaseOwner) -> Lease { Lease(owner: owner, lasting: RotationSession.leaseDuration) }

    @Test("the second is busy while the first is at work, and does nothing")
    func busy() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        _ = try await stage.journal.acquire("bot", lease: lease(.current), at: stage.clock.now)
        let second = stage.engine(owner: .dead)
        let outcome = await second.work(on: stage.user(), requests: [.rotate()], extent: .due)
        guard case .busy(let error) = outcome.end else {
            Issue.record("\(outcome.end)")
            return
        }
        #expect(error.holder == LeaseHolder(of: "bot", process: LeaseOwner.current.process))
        #expect(error.description == error.holder?.sentence())
        #expect(outcome.rotation == nil)
        #expect(stage.aws.changes.isEmpty)
    }

    @Test("one user's lease holds no other user")
    func otherUser() async throws {
        let stage = try await Stage()
        _ = try await stage.journal.acquire("bot", lease: lease(.current), at: stage.clock.now)
        let outcomes = await stage.engine(owner: .dead).work(
            on: [stage.user("bot"), stage.user("other")], extent: .due)
        #expect(outcomes[1].rotation?.phase == .idle)
        #expect(outcomes[1].end == .rested)
        #expect(outcomes[0].rotation == nil)
    }

    @Test("the lease of a process that is gone is taken over at once")
    func dead() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        _ = try await stage.journal.acquire("bot", lease: lease(.dead), at: stage.clock.now)
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(outcome.end == .rested)
        #expect(outcome.rotation?.phase == .overlap)
    }

    @Test("the lease of a process on another machine is waited for until it expires")
    func elsewhere() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        _ = try await stage.journal.acquire("bot", lease: lease(.elsewhere), at: stage.clock.now)
        let early = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(early.rotation == nil)
        stage.clock.advance(RotationSession.leaseDuration)
        let late = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        #expect(late.rotation?.phase == .overlap)
    }

    @Test("an engine that was overtaken stops, and changes nothing any more")
    func overtaken() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        let (journal, lease) = (stage.journal, lease(.current))
        let now = stage.clock.now
        stage.pushers.onPush { _ = try? await journal.acquire("bot", lease: lease, at: now) }
        let outcome = await stage.engine().work(on: stage.user(), requests: [], extent: .wholeRotation)
        guard case .busy(let error) = outcome.end else {
            Issue.record("\(outcome.end)")
            return
        }
        #expect(error.description.contains("taken bot over"))
        #expect(stage.aws.changes.map(\.call) == ["create"])
        #expect(try await stage.phase() == .delivering)
    }

    @Test("a lease is renewed while the work goes on, and given back at its end")
    func renewed() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        stage.pushers.set(.hangs, for: Stage.target(0))
        let user = stage.user(policy: Policy(pushTimeout: .seconds(600)))
        let (engine, clock) = (stage.engine(), stage.clock)
        let task = Task { await engine.work(on: user, requests: [], extent: .due) }
        await Stage.reached { clock.now - VirtualClock.start >= .seconds(400) }
        let left = try #require(try await stage.journal.record(of: "bot")?.lease?.lasting)
        #expect(left > .zero)
        task.cancel()
        _ = await task.value
        #expect(try await stage.journal.record(of: "bot")?.lease == nil)
    }
}
