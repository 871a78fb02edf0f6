import Testing

@testable import Rotation

@Suite("Verifying")
struct VerifyingTests {
    let new = AccessKeyID("AKIANEW1")

    @Test("three right answers in a row, a second apart, are needed before any target gets the key")
    func threeAnswers() {
        var world = World.at(.verifying)
        for _ in 0..<2 {
            world.answer(.verifyKey(new))
            #expect(world.rotation.phase == .verifying)
            #expect(world.advance(.milliseconds(999)).effects.isEmpty)
            #expect(world.advance(.milliseconds(1)).effects == [.verifyKey(new)])
        }
        let transition = world.answer(.verifyKey(new))
        #expect(world.rotation.phase == .delivering)
        #expect(transition.pushes == world.requirements.targets.map { .push($0, new) })
    }

    @Test("a wrong answer makes the counting start over")
    func startsOver() {
        var world = World.at(.verifying)
        for _ in 0..<2 {
            world.answer(.verifyKey(new))
            world.advance(.seconds(1))
        }
        world.answer(.verifyKey(new), with: .keyNotVerified(new, "InvalidClientTokenId"))
        for _ in 0..<2 {
            world.advance(.seconds(1))
            world.answer(.verifyKey(new))
            #expect(world.rotation.phase == .verifying)
        }
        world.advance(.seconds(1))
        world.answer(.verifyKey(new))
        #expect(world.rotation.phase == .delivering)
    }

    @Test("the counting starts over in a new process")
    func startsOverAfterRestart() {
        var world = World.at(.verifying)
        world.answer(.verifyKey(new))
        world.advance(.seconds(1))
        world.answer(.verifyKey(new))
        #expect(world.rotation.consecutiveVerifications == 2)
        #expect(world.restart().effects == [.verifyKey(new)])
        #expect(world.rotation.consecutiveVerifications == 0)
    }

    @Test("the waits between refused tries double up to 15 s")
    func waits() {
        var world = World.at(.verifying)
        var waits: [Duration] = []
        for _ in 0..<6 {
            world.answer(.verifyKey(new), with: .keyNotVerified(new, "not yet"))
            let due = world.rotation.due(at: world.now, policy: world.requirements.policy).at
            waits.append(due - world.now)
            world.now = due
            world.send(.timePassed)
        }
        #expect(waits == [1, 2, 4, 8, 15, 15].map { .seconds($0) })
    }

    @Test("a key that is not spread after a minute is a problem, and IAM is asked whether it is there at all")
    func notSpread() {
        var world = World.at(.verifying)
        var listings = 0
        for _ in 0..<12 {
            if world.pending == [.listKeys] {
                listings += 1
                world.answer(.listKeys)
            }
            world.answer(.verifyKey(new), with: .keyNotVerified(new, "not yet"))
            world.advance(.seconds(15))
        }
        #expect(listings > 0)
        #expect(world.rotation.problem?.code == .notSpread)
        #expect(world.rotation.problem?.needsPerson == false)
        world.pending.removeAll()
        world.restart()
        world.roll(to: .delivering)
        #expect(world.rotation.problem == nil)
    }

    @Test("a new key that someone deleted is replaced, and its pair wiped, before any target got it")
    func successorLost() {
        var world = World.at(.verifying)
        world.keys.removeAll { $0.id == new }
        var wiped = false
        for _ in 0..<40 where world.rotation.phase == .verifying {
            if world.pending == [.listKeys] {
                wiped = world.answer(.listKeys).wipesPair
            } else {
                world.answer(.verifyKey(new), with: .keyNotVerified(new, "unknown"))
                world.advance(.seconds(15))
            }
        }
        #expect(wiped)
        #expect(world.sealedPair == nil)
        #expect(world.pending == [.createKey])
        #expect(world.hasNote(.successorLost))
        world.roll(to: .idle)
        #expect(world.rotation.current?.id.rawValue == "AKIANEW2")
    }

    @Test("a new key that someone made Inactive asks for a person, and goes on once it is Active again")
    func successorInactive() {
        var world = World.at(.verifying)
        world.setStatus(.inactive, of: new)
        for _ in 0..<40 where world.rotation.problem?.code != .currentKeyUnusable {
            if world.pending == [.listKeys] {
                world.answer(.listKeys)
            } else {
                world.answer(.verifyKey(new), with: .keyNotVerified(new, "unknown"))
                world.advance(.seconds(15))
            }
        }
        #expect(world.rotation.problem?.needsPerson == true)
        world.answer(.verifyKey(new), with: .keyNotVerified(new, "unknown"))
        #expect(world.rotation.problem?.code == .currentKeyUnusable)
        world.setStatus(.active, of: new)
        world.roll(to: .delivering)
        #expect(world.rotation.problem == nil)
    }

    @Test("a key of someone else holds, is pushed nowhere, and retires nothing")
    func wrongIdentity() {
        var world = World.at(.verifying)
        for _ in 0..<3 {
            world.answer(.verifyKey(new), with: .keyOfAnother(new, "it is someone else's"))
            #expect(world.rotation.problem?.code == .wrongIdentity)
            #expect(world.rotation.problem?.needsPerson == true)
            #expect(world.pending.isEmpty)
            world.advance(.seconds(900))
        }
        #expect(world.rotation.phase == .verifying)
        #expect(world.notes.count { $0.kind == .blocked } == 1)
        world.roll(to: .delivering)
        #expect(world.rotation.problem == nil)
    }
}
