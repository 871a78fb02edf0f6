import Testing

@testable import Rotation

@Suite("Rollback")
struct RollbackTests {
    @Test("in soak makes the old key active again, and holds until retry")
    func inSoak() {
        var world = World.at(.soak)
        #expect(world.send(.asked(.rollback)).effects == [.activateKey(World.old)])
        #expect(world.answer(.activateKey(World.old)).effects.isEmpty)
        #expect(world.rotation.phase == .overlap)
        #expect(world.rotation.previous?.status == .active)
        #expect(world.rotation.problem?.code == .rolledBack)
        #expect(world.rotation.problem?.needsPerson == true)
        world.advance(.seconds(10 * 86_400))
        world.answerAll()
        world.restart()
        world.answerAll()
        #expect(!world.begun.dropFirst().contains(.deleteKey(World.old)))
        #expect(world.keys.allSatisfy { $0.status == .active } && world.keys.count == 2)
        world.send(.asked(.retry))
        #expect(world.rotation.problem == nil)
        #expect(world.rotation.phaseSince == world.now)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [world.rotation.current?.id])
    }

    @Test("in overlap keeps the old key active")
    func inOverlap() {
        var world = World.at(.overlap)
        world.send(.asked(.rollback))
        world.advance(.seconds(10 * 86_400))
        world.answerAll()
        #expect(world.rotation.phase == .overlap)
        #expect(world.keys.allSatisfy { $0.status == .active })
    }

    @Test(
        "that IAM refuses is reported, and is asked for again by the operator",
        arguments: [Failure.Kind.denied, .lost])
    func refused(kind: Failure.Kind) {
        var world = World.at(.soak)
        world.send(.asked(.rollback))
        world.fail(.activateKey(World.old), kind)
        #expect(world.rotation.phase == .soak)
        #expect(world.rotation.problem != nil)
        #expect(!world.begun.contains(.deleteKey(World.old)))
    }

    @Test(
        "is refused where there is no old key to keep, and says why", arguments: [Phase.idle, .verifying, .delivering])
    func elsewhere(phase: Phase) {
        var world = World.at(phase)
        let before = world.rotation.phase
        let transition = world.send(.asked(.rollback))
        #expect(transition.refusals.count == 1 && transition.notes.map(\.kind) == [.refused])
        #expect(world.rotation.phase == before)
    }
}
