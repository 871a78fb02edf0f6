import Testing

@testable import Rotation

@Suite("Quiet")
struct QuietTests {
    let policy = Policy(overlap: .seconds(3600), quiet: .seconds(7200))

    @Test("the old key stays active until it has not been used for long enough")
    func quiet() {
        var world = World.at(.overlap, policy: policy)
        world.uses[World.old] = world.now + .seconds(3000)
        #expect(world.advance(.seconds(3600)).effects == [.lookUpLastUse(World.old)])
        #expect(world.answer(.lookUpLastUse(World.old)).effects.isEmpty)
        #expect(world.hasNote(.stillInUse))
        #expect(world.rotation.problem?.code == .stillUsed && world.rotation.problem?.needsPerson == false)
        #expect(world.rotation.problem?.message.contains("s3 in eu-west-1") == true)
        #expect(world.rotation.lastUse?.at == world.uses[World.old])
        let due = world.rotation.due(at: world.now, policy: policy)
        #expect(due == Due(action: .deactivate, at: world.now + .seconds(300)))
        world.now = world.rotation.phaseSince + .seconds(3000 + 7200)
        #expect(world.send(.timePassed).effects == [.lookUpLastUse(World.old)])
        #expect(world.answer(.lookUpLastUse(World.old)).effects == [.listKeys])
        #expect(world.answer(.listKeys).effects == [.deactivateKey(World.old)])
    }

    @Test("a key that is used all the time is never deactivated")
    func neverQuiet() {
        var world = World.at(.overlap, policy: policy)
        for _ in 0..<100 {
            world.uses[World.old] = world.now
            world.advance(.seconds(3600))
            world.answerAll()
        }
        #expect(world.rotation.phase == .overlap)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }

    @Test("a key that was never used is quiet")
    func neverUsed() {
        var world = World.at(.overlap, policy: policy)
        world.advance(.seconds(3600))
        world.answer(.lookUpLastUse(World.old))
        #expect(world.pending == [.listKeys])
    }

    @Test("the overlap comes first, however quiet the key is")
    func overlapFirst() {
        var world = World.at(.overlap, policy: policy)
        #expect(world.advance(.milliseconds(3_599_999)).effects.isEmpty)
    }

    @Test("a finding of quiet is not kept over a failure: the key may be in use again by then")
    func staleQuiet() {
        var world = World.at(.overlap, policy: policy)
        world.advance(.seconds(3600))
        world.answer(.lookUpLastUse(World.old))
        world.fail(.listKeys, .denied)
        #expect(world.advance(.seconds(900)).effects == [.lookUpLastUse(World.old)])
    }

    @Test("a finding of quiet is not kept over a hold")
    func quietBeforeHold() {
        var world = World.at(.overlap, policy: policy)
        world.setStatus(.inactive, of: AccessKeyID("AKIANEW1"))
        world.advance(.seconds(3600))
        world.answerAll()
        #expect(world.rotation.problem?.code == .currentKeyUnusable)
        #expect(world.advance(.seconds(900)).effects == [.lookUpLastUse(World.old)])
    }

    @Test("when the last use cannot be looked up, the key stays")
    func lookUpFails() {
        var world = World.at(.overlap, policy: policy)
        for _ in 0..<20 {
            world.advance(.seconds(3600))
            world.fail(.lookUpLastUse(World.old), .denied)
        }
        #expect(world.rotation.problem?.code == .denied)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }
}
