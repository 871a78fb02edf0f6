import Testing

@testable import Rotation

@Suite("After a crash")
struct ResumeTests {
    let new = AccessKeyID("AKIANEW1")

    @Test("an idle user is left alone until it is due")
    func idle() {
        var world = World.withKey(age: .zero)
        world.send(.resumed)
        world.answerAll()
        #expect(world.restart().effects.isEmpty)
    }

    @Test("in creating, IAM is listed before a key is made")
    func creating() {
        var world = World.at(.creating)
        #expect(world.pending == [.createKey])
        #expect(world.restart().effects == [.listKeys])
        #expect(world.answer(.listKeys).effects.isEmpty)
    }

    @Test("a key that was made in the moment of the crash is found, deleted and replaced")
    func orphan() {
        var world = World.at(.creating)
        let orphan = world.makeKey().id
        world.restart()
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(orphan)])
        world.restart()
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(orphan)])
        world.answer(.lookUpLastUse(orphan))
        #expect(world.answerInspections().effects == [.deleteKey(orphan)])
        world.restart()
        world.answer(.listKeys)
        world.roll(to: .idle)
        #expect(world.keys.count == 1)
    }

    @Test("crashes in a row never lead to a second creation without a listing between")
    func crashLoop() {
        var world = World.at(.creating)
        for _ in 0..<10 { world.restart() }
        #expect(world.begun.count { $0 == .createKey } == 1)
    }

    @Test("a call that took half a minute to get lost settles as long as any other")
    func longCall() {
        var world = World.at(.creating)
        world.now = world.now + .seconds(30)
        world.fail(.createKey, .lost)
        #expect(world.answer(.listKeys).effects.isEmpty)
        let late = world.makeKey().id
        world.advance(.seconds(2))
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(late)])
    }

    @Test("in verifying, the same key is verified again")
    func verifying() {
        var world = World.at(.verifying)
        #expect(world.restart().effects == [.verifyKey(new)])
    }

    @Test("in delivering, what is not confirmed is pushed again, with the same key")
    func delivering() {
        var world = World.at(.delivering)
        world.answer(.push(World.targets[1], new))
        #expect(world.restart().effects == [.listKeys])
        #expect(world.answer(.listKeys).pushes == [.push(World.targets[0], new), .push(World.targets[2], new)])
        #expect(world.state(World.targets[1]) == .confirmed)
    }

    @Test("in delivering, a key that is not Active any more is pushed nowhere, also not at first")
    func deadSuccessor() {
        for isGone in [true, false] {
            var world = World.at(.delivering)
            if isGone { world.keys.removeAll { $0.id == new } } else { world.setStatus(.inactive, of: new) }
            world.now = world.now + .seconds(120)
            #expect(world.retake().pushes.isEmpty)
            #expect(world.rotation.problem?.code == (isGone ? .currentKeyGone : .currentKeyUnusable))
        }
    }

    @Test("in delivering, a listing that fails is soon tried again, and nothing is pushed until it succeeds")
    func listingFails() {
        var world = World.at(.delivering)
        world.restart()
        #expect(world.fail(.listKeys, .unreachable).effects.isEmpty)
        #expect(world.due.at == world.now + .seconds(1))
        #expect(world.advance(.seconds(1)).effects == [.listKeys])
        #expect(world.answer(.listKeys).pushes.count == 3)
    }

    @Test("a service's rate limit is respected over a restart; other waits are not")
    func rateLimit() {
        var world = World.at(.delivering)
        world.pushResults[World.targets[0]] = PushResult(.rateLimited, retryAfter: .seconds(600), message: "429")
        world.pushResults[World.targets[1]] = PushResult(.unauthorized, message: "401")
        world.answerAll()
        #expect(world.retake().pushes == [.push(World.targets[1], new)])
        world.answerAll()
        world.now = world.now + .seconds(600)
        #expect(world.retake().pushes == [.push(World.targets[0], new), .push(World.targets[1], new)])
    }

    @Test("a rate limit of more than an hour is not believed over a restart: the clock may have jumped")
    func longRateLimit() {
        var world = World.at(.delivering)
        world.pushResults[World.targets[0]] = PushResult(.rateLimited, retryAfter: .seconds(3601), message: "429")
        world.answerAll()
        #expect(world.retake().pushes == [.push(World.targets[0], new)])
    }

    @Test("in overlap and soak the time goes on from where it was, and IAM is listed before anything is done")
    func retiring() {
        for phase in [Phase.overlap, .soak] {
            var world = World.at(phase)
            world.advance(.seconds(1800))
            #expect(world.restart().effects.isEmpty)
            world.now = world.now + .seconds(1800)
            #expect(world.restart().effects == [.listKeys])
            world.answer(.listKeys)
            #expect(world.restart().effects == [.listKeys])
        }
    }

    @Test("in deleting, IAM is listed before the key is deleted")
    func deleting() {
        var world = World.at(.deleting)
        #expect(world.pending == [.deleteKey(World.old)])
        #expect(world.restart().effects == [.listKeys])
        #expect(world.answer(.listKeys).effects == [.deleteKey(World.old)])
    }

    @Test("a wait after a failure does not hold a new process up")
    func waits() {
        var world = World.at(.overlap)
        world.advance(.seconds(3600))
        world.fail(.listKeys, .denied)
        #expect(world.restart().effects == [.listKeys])
    }

    @Test("a crash after every single step still ends well")
    func crashEverywhere() {
        for step in 0..<30 {
            var world = World.withKey(age: .seconds(48 * 3600))
            world.send(.resumed)
            for _ in 0..<step { world.goOn() }
            // What was in progress took effect, and no one heard of it.
            for effect in world.pending { _ = world.perform(effect) }
            world.restart()
            if [nil, World.old].contains(world.rotation.current?.id) { world.roll(to: .overlap) }
            world.roll(to: .idle)
            #expect(world.keys.map(\.id) == [world.rotation.current?.id])
            #expect(world.rotation.current?.id != World.old)
            #expect(world.sealedPair == nil)
        }
    }
}
