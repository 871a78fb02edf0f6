import Engine
import Journal
import Rotation
import Testing

@Suite("One process's work on one user")
struct SessionTests {
    @Test("what a later event of the same crowd calls off is not begun: a skipped target is not pushed to")
    func calledOff() async throws {
        let stage = try await Stage()
        _ = stage.aws.addOldKey(of: "bot")
        for target in 0..<2 { stage.pushers.set(.fails(.unauthorized), for: Stage.target(target)) }
        _ = await stage.engine().work(on: stage.user(), requests: [], extent: .due)
        let skip = Event.Request.skip(Stage.target(1), reason: "it is gone")
        var session = try await RotationSession(
            stage.user(), stage.journal, owner: .current, tenure: stage.tenure, at: stage.clock.now)
        #expect(
            try await session.handle([EventWithKeyPair(event: .resumed)], at: stage.clock.now).effects == [.listKeys])
        let listed = Event.keysListed(try await stage.aws.listAccessKeys(of: "bot"))
        let transition = try await session.handle(
            [EventWithKeyPair(event: listed), EventWithKeyPair(event: .asked(skip))], at: stage.clock.now)
        let pushed = transition.effects.compactMap { if case .push(let target, _) = $0 { target } else { nil } }
        #expect(pushed == [Stage.target(0)])
    }

    @Test("a process that was stopped for longer than its lease knows that it may not act")
    func stopped() async throws {
        let stage = try await Stage()
        let session = try await RotationSession(
            stage.user(), stage.journal, owner: .current, tenure: stage.tenure, at: stage.clock.now)
        #expect(session.tenure.isHeld)
        // A second before the end that the state knows: clocks of two machines run differently.
        stage.clock.advance(RotationSession.leaseDuration - .seconds(2))
        #expect(session.tenure.isHeld)
        stage.clock.advance(.seconds(1))
        #expect(!session.tenure.isHeld)
    }
}
