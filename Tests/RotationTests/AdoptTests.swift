import Testing

@testable import Rotation

@Suite("Adopt")
struct AdoptTests {
    private let other = AccessKeyID("AKIAOTHER")

    private func held() -> World {
        var world = World.withKey(age: .seconds(60))
        world.keys.append(AccessKey(id: other, status: .active, created: World.start - .seconds(5_000)))
        world.send(.resumed)
        world.answerAll()
        return world
    }

    /// An operator has named the other key, and one target holds the old one.
    private func wronglyAdopted() -> World {
        var world = held()
        world.held[World.targets[1]] = World.old
        world.send(.asked(.adopt(other)))
        world.answerAll()
        return world
    }

    @Test("keeps the named key, and retires the other one like a replaced key")
    func adopt() {
        var world = held()
        #expect(world.rotation.problem?.code == .unaccountedKey)
        world.send(.asked(.adopt(World.old)))
        world.answerAll()
        #expect(world.rotation.current?.id == World.old)
        #expect(world.rotation.previous?.id == other)
        #expect(world.rotation.phase == .overlap)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [World.old])
    }

    @Test("of the wrong key retires nothing that a target is seen to hold, and can be said again")
    func wrongKey() {
        var world = wronglyAdopted()
        #expect(world.rotation.phase == .overlap)
        for _ in 0..<5 {
            world.advance(.seconds(4_000))
            world.answerAll()
        }
        #expect(world.rotation.phase == .overlap)
        #expect(world.rotation.problem?.message.contains("\(World.targets[1]) holds the old key \(World.old)") == true)
        #expect(world.keys.allSatisfy { $0.status == .active })
        world.send(.asked(.adopt(World.old)))
        world.answerAll()
        #expect(world.rotation.current?.id == World.old)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [World.old])
    }

    @Test("of the wrong key is held until every target has answered again, and reported once")
    func heldOnce() {
        var world = wronglyAdopted()
        world.advance(.seconds(4_000))
        world.answerAll()
        let told = world.rotation.problem
        for _ in 0..<3 {
            world.restart()
            for target in World.targets {
                #expect(world.rotation.problem?.code == .unaccountedKey)
                world.answer(.inspect(target))
            }
            #expect(world.rotation.problem == told)
            world.advance(.seconds(400))
        }
    }

    @Test("of the wrong key goes on, once an operator leaves out whoever holds the other one")
    func skipped() {
        var world = wronglyAdopted()
        world.advance(.seconds(4_000))
        world.answerAll()
        #expect(world.rotation.problem?.code == .unaccountedKey)
        world.send(.asked(.skip(World.targets[1], reason: "nobody uses it")))
        world.answerAll()
        #expect(world.rotation.problem == nil)
        #expect(world.rotation.deliveries[World.targets[1]]?.state == .skipped)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [other])
    }

    @Test("retires nothing while a target does not answer which key it holds")
    func speechless() {
        var world = held()
        world.speechless = [World.targets[0]]
        world.send(.asked(.adopt(other)))
        world.answerAll()
        for _ in 0..<9 {
            world.advance(.seconds(4_000))
            world.answerAll()
        }
        #expect(world.rotation.phase == .overlap)
        #expect(world.rotation.problem?.code == .targetUnreadable)
        #expect(world.rotation.problem?.message.contains("\(World.targets[0])") == true)
        #expect(world.keys.allSatisfy { $0.status == .active })
        world.speechless = []
        world.roll(to: .idle)
        #expect(world.rotation.problem == nil)
        #expect(world.keys.map(\.id) == [other])
    }

    @Test("is still held for a target with the old key when that one does not answer any more")
    func speechlessHolder() {
        var world = wronglyAdopted()
        world.advance(.seconds(4_000))
        world.answerAll()
        world.speechless = [World.targets[1]]
        for _ in 0..<5 {
            world.advance(.seconds(4_000))
            world.answerAll()
        }
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.keys.allSatisfy { $0.status == .active })
    }

    @Test("takes no hold back when the process is to stop before a target was asked")
    func notAsked() {
        var world = wronglyAdopted()
        world.advance(.seconds(4_000))
        world.answerAll()
        let told = world.rotation.problem
        world.restart()
        for target in World.targets { world.send(.notBegun(.inspect(target))) }
        #expect(world.rotation.problem == told)
    }

    @Test("of a key that is not there changes nothing, and says what is")
    func unknown() {
        var world = held()
        let before = world.rotation.problem
        world.send(.asked(.adopt(AccessKeyID("AKIATYPO"))))
        let refusals = world.answer(.listKeys).refusals
        #expect(refusals.count == 1 && refusals.first?.isTemporary == false)
        #expect(refusals.first?.reason.contains("AKIATYPO") == true)
        #expect(refusals.first?.reason.contains(World.old.rawValue) == true)
        #expect(world.rotation.problem == before && before?.code == .unaccountedKey)
        #expect(world.notes.last?.kind == .refused)
        #expect(!world.touchedIAM)
    }

    @Test("with an inactive other key begins with the soak, in which it can be brought back")
    func inactiveOther() {
        var world = held()
        world.setStatus(.inactive, of: other)
        world.send(.asked(.adopt(World.old)))
        world.answerAll()
        #expect(world.rotation.phase == .soak)
        world.send(.asked(.rollback))
        world.answerAll()
        #expect(world.keys.allSatisfy { $0.status == .active })
    }

    @Test("is helped by what the targets hold")
    func sightings() {
        var world = World.withKey(age: .seconds(60))
        world.keys.append(AccessKey(id: other, status: .active, created: World.start))
        world.held[World.targets[0]] = World.old
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.problem?.message.contains("\(World.targets[0]) holds \(World.old)") == true)
        #expect(!world.touchedIAM)
    }
}

@Suite("Proof of use")
struct ProofOfUseTests {
    private let policy = Policy(overlap: .seconds(60), proofOfUse: true)

    @Test("keeps the old key active until the new one was used after its delivery")
    func proof() throws {
        var world = World.at(.overlap, policy: policy)
        let new = try #require(world.rotation.current?.id)
        // keyturn's own verification.
        world.uses[new] = world.rotation.phaseSince - .seconds(1)
        #expect(world.advance(.seconds(60)).effects == [.lookUpLastUse(new)])
        #expect(world.answer(.lookUpLastUse(new)).effects.isEmpty)
        #expect(world.hasNote(.notInUse))
        world.uses[new] = world.now
        #expect(world.advance(.seconds(300)).effects == [.lookUpLastUse(new)])
        #expect(world.answer(.lookUpLastUse(new)).effects == [.listKeys])
        #expect(world.answer(.listKeys).effects == [.deactivateKey(World.old)])
    }
}

@Suite("A new key that is taken away on its way")
struct TakenAwayTests {
    @Test("is pushed no further once it is found Inactive, and goes on when it is Active again")
    func inactive() throws {
        var world = World.at(.delivering)
        let new = try #require(world.rotation.next?.id)
        world.setStatus(.inactive, of: new)
        world.restart()
        world.answer(.listKeys)
        #expect(world.rotation.problem?.code == .currentKeyUnusable)
        world.pending = []
        let restarted = world.restart()
        #expect(restarted.pushes.isEmpty)
        world.setStatus(.active, of: new)
        world.answerAll()
        #expect(world.rotation.phase == .overlap)
    }

    @Test("is replaced, everywhere, when it is gone")
    func gone() throws {
        var world = World.at(.delivering)
        let new = try #require(world.rotation.next?.id)
        world.keys.removeAll { $0.id == new }
        world.now = world.now + .seconds(120)
        #expect(world.retake().pushes.isEmpty)
        #expect(world.rotation.next?.id == new)
        #expect(world.rotation.problem?.code == .currentKeyGone)
        for _ in 0..<6 {
            world.advance(.seconds(10))
            world.answer(.listKeys)
        }
        #expect(world.rotation.next == nil)
        #expect(world.hasNote(.successorLost))
        world.pending.removeAll { if case .push = $0 { true } else { false } }
        world.roll(to: .overlap)
        #expect(world.rotation.deliveries.values.allSatisfy { $0.state == .confirmed })
        #expect(world.rotation.current?.id != new)
        #expect(world.keys.contains { $0.id == World.old && $0.status == .active })
    }

    @Test("waits while a push that was given up may still arrive: what is known of it would be forgotten")
    func latePush() {
        var policy = World.unasked
        (policy.overlap, policy.soak) = (.seconds(1), .seconds(1))
        var world = World.at(.delivering, policy: policy)
        let new = AccessKeyID("AKIANEW1")
        world.restart()
        world.roll(to: .idle)
        let refused = world.send(.asked(.adopt(new)))
        #expect(refused.refusals.first?.isTemporary == true, "\(refused.refusals)")
        world.advance(.seconds(120))
        #expect(world.send(.asked(.adopt(new))).refusals.isEmpty)
    }

    @Test("keeps what is known of the targets where the key is the one that keyturn delivered itself")
    func known() {
        var world = World.at(.delivering)
        let new = AccessKeyID("AKIANEW1")
        world.roll(to: .idle)
        world.send(.asked(.adopt(new)))
        world.answerAll()
        #expect(world.rotation.current?.id == new)
        #expect(World.targets.allSatisfy { world.state($0) == .confirmed })
        // So one that leaves the configuration now is still noticed.
        world.requirements.targets.removeLast()
        world.restart()
        #expect(world.rotation.leftTargets == [World.targets[2]])
    }

    @Test("takes no Inactive key for the one in use")
    func inactiveChosen() {
        var world = World.at(.delivering)
        world.roll(to: .idle)
        let other = world.makeKey(age: .seconds(3_600)).id
        world.setStatus(.inactive, of: other)
        world.send(.asked(.adopt(other)))
        world.answerAll()
        #expect(world.rotation.current?.id == AccessKeyID("AKIANEW1") && world.hasNote(.refused))
        #expect(!world.begun.contains(.deactivateKey(AccessKeyID("AKIANEW1"))))
    }
}
