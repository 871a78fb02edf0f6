import Testing

@testable import Rotation

/// A target that is taken out of the configuration still holds a key.
@Suite("A target that left the configuration")
struct LeavingTests {
    private let target = World.targets[0]

    /// One target leaves, and a new process reads the configuration.
    private func left(_ phase: Phase) -> World {
        var world = World.at(phase)
        if phase == .idle {
            world.roll(to: .overlap)
            world.roll(to: .idle)
        }
        world.requirements.targets.removeFirst()
        world.restart()
        return world
    }

    @Test("lets no rotation begin, whether it is due or ordered, until it is forgotten")
    func idle() {
        var world = left(.idle)
        #expect(world.rotation.problem == nil && world.rotation.leftTargets == [target])
        world.advance(.seconds(48 * 3_600))
        world.answerAll()
        #expect(world.rotation.phase == .idle && world.rotation.problem?.code == .targetLeft)
        #expect(world.rotation.problem?.needsPerson == true)
        #expect(world.send(.asked(.rotate())).refusals.first?.reason.contains("keyturn forget \(target)") == true)
        world.answerAll()
        #expect(world.rotation.phase == .idle && world.rotation.number == 1)
        world.send(.asked(.forget(target, reason: "archived")))
        #expect(world.rotation.problem == nil && world.pending.contains(.listKeys))
        world.roll(to: .delivering)
        #expect(Set(world.rotation.deliveries.keys) == Set(World.targets.dropFirst()))
    }

    @Test("does not hold up the answer to a leak")
    func leak() {
        var world = left(.idle)
        world.send(.asked(.revoke(atOnce: false)))
        world.roll(to: .delivering)
        world.roll(to: .idle)
        #expect(world.rotation.leftTargets == [target])
    }

    @Test("keeps the old key as it is in the middle of a rotation", arguments: [Phase.overlap, .soak])
    func middle(phase: Phase) {
        var world = left(phase)
        for _ in 0..<5 {
            world.advance(.seconds(3_600))
            world.answerAll()
        }
        #expect(world.rotation.phase == phase && world.rotation.problem?.code == .targetLeft)
        world.send(.asked(.forget(target, reason: "archived")))
        world.roll(to: .idle)
        #expect(world.rotation.problem == nil)
    }

    @Test("is let go by the configuration's own word, too")
    func configured() {
        var world = World.at(.overlap)
        world.requirements.targets.removeFirst()
        world.requirements.forgotten = [target: "moved"]
        let transition = world.restart()
        #expect(transition.removedDeliveries == [target])
        #expect(transition.notes.contains { $0.kind == .forgotten && $0.detail == "moved" })
        world.roll(to: .idle)
    }

    @Test("has not left where only its pusher has another name")
    func renamed() {
        var world = World.at(.overlap)
        let new = TargetName("gh:a/c")
        world.requirements.identities = [target: "github-actions https://api.github.com :a/c K,S"]
        world.restart()
        world.requirements.targets[0] = new
        world.requirements.identities = [new: "github-actions https://api.github.com :a/c K,S"]
        let transition = world.restart()
        #expect(transition.removedDeliveries == [target] && transition.changedDeliveries.contains(new))
        #expect(world.rotation.leftTargets.isEmpty && world.state(new) == .confirmed)
        world.roll(to: .idle)
    }

    @Test("has left where its name now means another place")
    func replaced() {
        var world = World.at(.overlap)
        world.requirements.identities = [target: "one place"]
        world.restart()
        world.requirements.identities = [target: "another place"]
        world.restart()
        #expect(world.rotation.leftTargets == [TargetName("\(target)~1")])
        // The secret is there still, so the new place gets it at once.
        #expect(world.state(target) == .pending)
    }

    @Test("can be forgotten once only, and not while it is configured")
    func refused() {
        var world = World.at(.overlap)
        #expect(
            world.send(.asked(.forget(target, reason: "x"))).refusals.first?.reason.contains("is in the configuration")
                == true)
        #expect(world.send(.asked(.forget(TargetName("a:b"), reason: "x"))).refusals.count == 1)
        #expect(world.rotation.deliveries.count == 3)
    }
}
