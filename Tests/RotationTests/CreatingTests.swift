import Testing

@testable import Rotation

@Suite("Creating")
struct CreatingTests {
    @Test("the pair of a made key is sealed in the step that makes it the successor")
    func sealed() {
        var world = World.at(.creating)
        world.answer(.createKey)
        #expect(world.rotation.phase == .verifying)
        #expect(world.sealedPair?.rawValue == "AKIANEW1")
        #expect(world.rotation.next?.id.rawValue == "AKIANEW1")
        #expect(world.rotation.current?.id == World.old)
    }

    @Test("a lost reply is followed by a listing, never by a second creation")
    func lostReply() {
        var world = World.at(.creating)
        let transition = world.fail(.createKey, .lost)
        #expect(transition.effects == [.listKeys])
        #expect(world.rotation.phase == .creating)
    }

    @Test("an orphan of a lost reply is looked up, deleted, and a key is made again")
    func orphan() {
        var world = World.at(.creating)
        let orphan = world.makeKey().id
        world.fail(.createKey, .lost)
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(orphan)])
        #expect(world.answer(.lookUpLastUse(orphan)).effects == World.targets.map { .inspect($0) })
        let deletion = world.answerInspections()
        #expect(deletion.effects == [.deleteKey(orphan)])
        #expect(deletion.notes.map(\.kind) == [.deletingOrphan])
        #expect(world.answer(.deleteKey(orphan)).effects == [.createKey])
        #expect(world.hasNote(.orphanDeleted))
        world.roll(to: .idle)
        #expect(world.keys.count == 1)
        #expect(world.keys.first?.id != orphan)
    }

    @Test(
        "where the state may be behind, a key that the call has made is left to a person: it may be delivered already")
    func doubted() {
        var world = World.at(.creating)
        let made = world.makeKey().id
        world.fail(.createKey, .lost)
        world.send(.resumed)
        world.rotation.doubtCreations()
        world.answer(.listKeys)
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.rotation.problem?.message.contains(made.rawValue) == true)
        for _ in 0..<3 {
            world.advance(.seconds(600))
            world.answer(.listKeys)
        }
        #expect(world.keys.contains { $0.id == made && $0.status == .active })
    }

    @Test("an orphan of the very first key is found as well")
    func orphanOfFirstKey() {
        var world = World()
        world.send(.resumed)
        world.roll(to: .creating)
        let orphan = world.makeKey().id
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        #expect(world.pending == [.lookUpLastUse(orphan)])
        world.roll(to: .idle)
        #expect(world.keys.count == 1)
    }

    @Test("when nothing is listed, it settles before it creates again")
    func settles() {
        var world = World.at(.creating)
        world.fail(.createKey, .lost)
        #expect(world.answer(.listKeys).effects.isEmpty)
        for _ in 0..<2 {
            world.advance(.seconds(2))
            #expect(world.answer(.listKeys).effects.isEmpty)
        }
        world.advance(.seconds(2))
        #expect(world.answer(.listKeys).effects == [.createKey])
    }

    @Test("a key that turns up while it settles is the orphan")
    func lateOrphan() {
        var world = World.at(.creating)
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        let late = world.makeKey().id
        world.advance(.seconds(2))
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(late)])
    }

    @Test("a key of a lost call that only shows itself through IAM's limit is found and deleted")
    func orphanAfterSettling() {
        var world = World.at(.creating)
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        for _ in 0..<3 {
            world.advance(.seconds(2))
            world.answer(.listKeys)
        }
        let late = world.makeKey().id
        #expect(world.pending == [.createKey])
        #expect(world.answer(.createKey).effects == [.listKeys])
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.answer(.listKeys).effects == [.lookUpLastUse(late)])
        world.answerAll()
        world.roll(to: .idle)
        #expect(world.keys.count == 1)
    }

    @Test("the clock set back does not make it settle for ever")
    func clockSetBack() {
        var world = World.at(.creating)
        world.fail(.createKey, .lost)
        world.now = world.now - .seconds(86_400)
        #expect(world.answer(.listKeys).effects == [.createKey])
    }

    @Test("a stranger's key that is too old to be the orphan holds, and is not touched", arguments: [61, 3600])
    func tooOld(age: Int) {
        var world = World.at(.creating)
        let stranger = world.makeKey(age: .seconds(age)).id
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.rotation.problem?.message.contains(stranger.rawValue) == true)
        for _ in 0..<10 {
            world.advance(.seconds(900))
            world.answerAll()
        }
        #expect(world.keys.count == 2)
        #expect(!world.begun.contains(.deleteKey(stranger)))
        #expect(world.begun.count { $0 == .createKey } == 1)
    }

    @Test("a key that someone uses is not the orphan: it holds, and is not touched")
    func usedByOthers() {
        var world = World.at(.creating)
        let stranger = world.makeKey().id
        world.uses[stranger] = world.now
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        world.answer(.lookUpLastUse(stranger))
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.rotation.problem?.message.contains("adopt USER --current \(stranger)") == true)
        for _ in 0..<10 {
            world.advance(.seconds(900))
            world.answerAll()
        }
        #expect(!world.begun.contains(.deleteKey(stranger)))
        #expect(world.keys.count == 2)
    }

    @Test("a key that a target holds is not the orphan, though it was never used: it holds, and is not touched")
    func heldByTarget() {
        var world = World.at(.creating)
        let stranger = world.makeKey().id
        world.held[World.targets[1]] = stranger
        world.fail(.createKey, .lost)
        for _ in 0..<10 {
            world.answerAll()
            world.advance(.seconds(900))
        }
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(!world.begun.contains(.deleteKey(stranger)))
        #expect(world.keys.count == 2)
    }

    @Test("a hold that goes on is reported once, and since when it began")
    func usedByOthersIsToldOnce() {
        var world = World.at(.creating)
        world.uses[world.makeKey().id] = world.now
        world.fail(.createKey, .lost)
        world.answerAll()
        let since = world.rotation.problem?.since
        for _ in 0..<5 {
            world.advance(.seconds(900))
            world.answerAll()
        }
        #expect(world.notes.count { $0.kind == .blocked } == 1)
        #expect(world.rotation.problem?.since == since)
    }

    @Test("the orphan is not deleted when its last use cannot be looked up")
    func lookUpFails() {
        var world = World.at(.creating)
        let orphan = world.makeKey().id
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        #expect(world.fail(.lookUpLastUse(orphan), .denied).effects.isEmpty)
        #expect(world.rotation.problem?.code == .denied)
        world.advance(.seconds(30))
        #expect(world.pending == [.lookUpLastUse(orphan)])
        world.answerAll()
        #expect(world.begun.contains(.deleteKey(orphan)))
    }

    @Test("a deletion of the orphan whose reply is lost is done again after a fresh look at its use")
    func orphanDeletionLost() {
        var world = World.at(.creating)
        let orphan = world.makeKey().id
        world.fail(.createKey, .lost)
        world.answer(.listKeys)
        world.answer(.lookUpLastUse(orphan))
        world.answerInspections()
        world.fail(.deleteKey(orphan), .lost)
        world.advance(.seconds(30))
        #expect(world.pending == [.lookUpLastUse(orphan)])
    }

    @Test("IAM's limit with a stranger's key holds; it goes on when that key is gone")
    func limitExceeded() {
        var world = World.at(.creating)
        let stranger = world.makeKey(age: .seconds(3600)).id
        world.answerAll()
        #expect(world.rotation.problem?.code == .unaccountedKey)
        #expect(world.keys.count == 2)
        world.keys.removeAll { $0.id == stranger }
        world.roll(to: .idle)
        #expect(world.keys.count == 1)
    }
}
