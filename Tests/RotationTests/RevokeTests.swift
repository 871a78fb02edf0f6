import Testing

@testable import Rotation

@Suite("Revoke")
struct RevokeTests {
    private func idle() -> World {
        var world = World.withKey(age: .seconds(60))
        world.send(.resumed)
        world.answerAll()
        return world
    }

    @Test("replaces the key at once, and kills it the moment the last target has confirmed, without overlap or soak")
    func afterDelivery() {
        var world = idle()
        let now = world.now
        world.send(.asked(.revoke(atOnce: false)))
        world.roll(to: .delivering)
        #expect(world.keys.first { $0.id == World.old }?.status == .active)
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(!world.keys.contains { $0.id == World.old })
        #expect(world.rotation.leaks.isEmpty)
        #expect(world.now - now < .seconds(10))
    }

    @Test("holds with the leaked key active while a target has not confirmed")
    func targetFails() {
        var world = idle()
        world.pushResults[World.targets[0]] = PushResult(.retryable, message: "down")
        world.send(.asked(.revoke(atOnce: false)))
        world.roll(to: .delivering)
        world.answerAll()
        #expect(world.keys.first { $0.id == World.old }?.status == .active)
        world.pushResults = [:]
        world.restart()
        world.answerAll()
        #expect(!world.keys.contains { $0.id == World.old })
    }

    @Test("now deactivates it before anything else, and makes the new one after that")
    func atOnce() {
        var world = idle()
        let transition = world.send(.asked(.revoke(atOnce: true)))
        #expect(transition.effects.first == .deactivateKey(World.old))
        world.answer(.deactivateKey(World.old))
        #expect(world.rotation.current?.status == .inactive)
        world.roll(to: .delivering)
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(world.keys.count == 1 && world.keys[0].status == .active)
    }

    @Test("now that IAM refuses is not asked for without end")
    func refused() {
        var world = idle()
        world.send(.asked(.revoke(atOnce: true)))
        world.fail(.deactivateKey(World.old), .denied)
        #expect(!world.send(.timePassed).effects.contains(.deactivateKey(World.old)))
        #expect(world.rotation.problem?.code == .denied)
    }

    @Test("of a key that was just delivered lets the one before it go first, then replaces it")
    func inOverlap() {
        var world = World.at(.overlap)
        let leaked = world.rotation.current?.id
        world.send(.asked(.revoke(atOnce: false)))
        for _ in 0..<60 where !(world.rotation.phase == .idle && world.rotation.number == 2) { world.goOn() }
        #expect(world.rotation.number == 2)
        #expect(world.rotation.leaks.isEmpty)
        #expect(!world.keys.contains { $0.id == leaked || $0.id == World.old })
        #expect(world.keys.count == 1)
    }

    @Test("at once, of a key that someone has deleted by hand, does not ask for its death again")
    func deletedByHand() {
        var world = idle()
        world.keys = []
        world.send(.asked(.revoke(atOnce: true)))
        world.fail(.deactivateKey(World.old), .noSuchUser)
        #expect(world.rotation.problem == nil)
        #expect(!world.pending.contains(.deactivateKey(World.old)))
        world.roll(to: .delivering)
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(world.rotation.leaks.isEmpty)
    }

    @Test("survives a crash")
    func crash() {
        var world = idle()
        world.send(.asked(.revoke(atOnce: false)))
        world.restart()
        world.roll(to: .delivering)
        world.answerAll()
        #expect(!world.keys.contains { $0.id == World.old })
    }
}
