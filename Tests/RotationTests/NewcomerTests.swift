import Testing

@testable import Rotation

/// What came into the configuration while the rotation was in progress, and what a jump of the clock makes of a look.
@Suite("A target that came late")
struct NewcomerTests {
    private let late = TargetName("jenkins:late")
    private let new = AccessKeyID("AKIANEW1")

    private func world(retains: Bool) -> World {
        var policy = World.unasked
        policy.retainSecret = retains ? .rotation : .none
        var world = World.at(.overlap, policy: policy)
        for target in World.targets { world.held[target] = new }
        world.looksAtOnce = false
        world.requirements.targets.append(late)
        return world
    }

    @Test("and does not show its key is pushed, where the pair is kept", arguments: [false, true])
    func pushed(isUnreadable: Bool) {
        var world = world(retains: true)
        if isUnreadable { world.showing[late] = .unreadable }
        world.advance(.seconds(3_600))
        let next = world.answerInspections().effects
        if next == [.listKeys] { world.answer(.listKeys) }
        #expect(world.pending == [.push(late, new)] && world.state(late) == .pending, "\(next)")
        world.answer(.push(late, new))
        #expect(world.state(late) == .confirmed)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }

    @Test("and does not show its key keeps the old one Active, where the pair is gone, until a person has seen to it")
    func kept() {
        var world = world(retains: false)
        for _ in 0..<3 {
            world.advance(.seconds(3_600))
            world.answerInspections()
        }
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.rotation.problem?.message.contains("\(late)") == true)
        #expect(!world.begun.contains(.deactivateKey(World.old)) && world.rotation.phase == .overlap)
        world.send(.asked(.skip(late, reason: "it has the new key by hand")))
        world.looksAtOnce = true
        world.answerAll()
        #expect(world.begun.contains(.deactivateKey(World.old)))
    }

    @Test("into the soak keeps the old one undeleted, until a person has seen to it")
    func inSoak() {
        var world = world(retains: false)
        world.requirements.targets.removeLast()
        world.looksAtOnce = true
        world.roll(to: .soak)
        world.looksAtOnce = false
        world.requirements.targets.append(late)
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.problem?.code == .unaccountedKey && world.rotation.phase == .soak)
        #expect(world.rotation.isSkippable(late, world.requirements) && !world.begun.contains(.deleteKey(World.old)))
        world.send(.asked(.skip(late, reason: "it has the new key by hand")))
        world.looksAtOnce = true
        world.answerAll()
        world.roll(to: .idle)
        #expect(world.begun.contains(.deleteKey(World.old)))
    }

    @Test("A look is not believed when the clock was set back so that the step is not due any more")
    func clock() {
        var world = World.at(.overlap, policy: World.unasked)
        for target in World.targets { world.held[target] = new }
        world.looksAtOnce = false
        world.advance(.seconds(3_600))
        #expect(world.answerInspections().effects == [.listKeys])
        world.now = world.now - .seconds(3_000)
        world.answer(.listKeys)
        world.held[World.targets[0]] = World.old
        world.advance(.seconds(3_100))
        #expect(!world.begun.contains(.deactivateKey(World.old)))
        #expect(world.pending.contains(.inspect(World.targets[0])))
    }

    @Test("A key that is gone is gone a minute later, also when the clock was set back meanwhile")
    func problemOfTheFuture() {
        var world = World.at(.delivering, policy: World.unasked)
        world.keys.removeAll { $0.id == new }
        world.restart()
        world.answerAll()
        #expect(world.rotation.problem?.code == .currentKeyGone)
        world.now = world.now - .seconds(7_200)
        world.restart()
        for _ in 0..<12 {
            world.advance(.seconds(10))
            world.answerAll()
        }
        #expect(world.rotation.problem?.code != .currentKeyGone)
    }
}
