import Testing

@testable import Rotation

@Suite("A current key that someone deletes")
struct ReplacingTests {
    let new = AccessKeyID("AKIANEW1")

    /// Nothing but listings, until they are believed.
    private func gone(in phase: Phase, old isThere: Bool = true) -> World {
        var world = World.at(phase)
        if phase == .deleting { world.fail(.deleteKey(World.old), .refused) }
        world.keys.removeAll { $0.id == new || (!isThere && $0.id == World.old) }
        let before = world.begun.count
        world.advance(.seconds(3600))
        while world.rotation.problem?.code != .currentKeyGone { world.goOn() }
        #expect(world.rotation.phase == phase)
        world.advance(.seconds(30))
        world.answerAll()
        #expect(world.begun[before...].allSatisfy { $0 == .listKeys })
        #expect(world.rotation.problem?.code == .currentKeyGone)
        return world
    }

    @Test(
        "is replaced: back to creating, with the key before it, Active again, as the one in use",
        arguments: [Phase.overlap, .soak, .deleting])
    func replaced(phase: Phase) {
        var world = gone(in: phase)
        world.advance(.seconds(30))
        if phase == .overlap {
            world.answer(.listKeys)
        } else {
            #expect(world.answer(.listKeys).effects == [.activateKey(World.old)])
            world.answer(.activateKey(World.old))
        }
        #expect(world.rotation.phase == .creating)
        #expect(world.rotation.current?.id == World.old)
        #expect(world.rotation.current?.status == .active)
        #expect(world.rotation.previous == nil)
        #expect(world.rotation.deliveries.values.allSatisfy { $0.state == .pending })
        #expect(world.hasNote(.successorLost))
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [AccessKeyID("AKIANEW2")])
        #expect(world.rotation.problem == nil)
    }

    @Test("is replaced also where the key before it is gone as well")
    func nothingLeft() {
        var world = gone(in: .overlap, old: false)
        world.advance(.seconds(30))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating)
        #expect(world.rotation.current == nil)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [AccessKeyID("AKIANEW2")])
    }

    @Test("is not given up for a listing that lags: it goes on once the key is listed again")
    func staleListing() {
        var world = World.at(.overlap)
        let keys = world.keys
        world.keys.removeAll { $0.id == new }
        world.advance(.seconds(3600))
        world.answer(.listKeys)
        #expect(world.rotation.problem?.code == .currentKeyGone)
        world.keys = keys
        world.roll(to: .idle)
        #expect(!world.hasNote(.successorLost))
        #expect(world.keys.map(\.id) == [new])
    }

    @Test("does not bring a leaked key back to life")
    func leaked() {
        var world = World.withKey(age: .seconds(60))
        world.send(.resumed)
        world.answerAll()
        world.send(.asked(.revoke(atOnce: true)))
        world.roll(to: .overlap)
        world.pending = []
        world.restart()
        world.keys.removeAll { $0.id == new }
        for _ in 0..<40 where world.rotation.phase != .idle { world.goOn() }
        #expect(!world.begun.contains(.activateKey(World.old)))
        #expect(world.keys.map(\.id) == [AccessKeyID("AKIANEW2")])
    }

    @Test("that was itself the leaked one leaves the key before it its whole overlap")
    func leakedIsGone() {
        var world = World.at(.overlap)
        world.send(.asked(.revoke(atOnce: false)))
        world.keys.removeAll { $0.id == new }
        for _ in 0..<40 where world.rotation.phase != .creating { world.goOn() }
        #expect(world.rotation.leaks.isEmpty)
        world.roll(to: .overlap)
        world.advance(.seconds(3599))
        #expect(world.pending.isEmpty)
    }

    @Test("leaves out of the new deliveries what an operator has left out")
    func skipped() {
        var world = World.at(.delivering)
        world.send(.asked(.skip(World.targets[0], reason: "gone")))
        world.roll(to: .overlap)
        world.keys.removeAll { $0.id == new }
        for _ in 0..<40 where world.rotation.phase != .creating { world.goOn() }
        #expect(world.rotation.deliveries[World.targets[0]]?.state == .skipped)
        #expect(world.rotation.deliveries[World.targets[1]]?.state == .pending)
    }

    @Test("ends also where an operator has left out every target")
    func everythingSkipped() {
        var world = World.at(.delivering, targets: [World.targets[0]])
        world.send(.asked(.skip(World.targets[0], reason: "gone")))
        world.roll(to: .overlap)
        world.keys.removeAll { $0.id == new }
        for _ in 0..<40 where world.rotation.phase != .creating { world.goOn() }
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [AccessKeyID("AKIANEW2")])
    }
}
