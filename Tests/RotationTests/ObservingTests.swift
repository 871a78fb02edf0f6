import Testing

@testable import Rotation

@Suite("Before a rotation")
struct ObservingTests {
    @Test("a user without a key gets the first one, and nothing is retired for it")
    func firstKey() {
        var world = World()
        world.send(.resumed)
        world.roll(to: .delivering)
        #expect(world.rotation.current == nil)
        world.roll(to: .idle)
        #expect(world.rotation.current?.id.rawValue == "AKIANEW1")
        #expect(world.keys.count == 1)
        #expect(world.sealedPair == nil)
        #expect(!world.hasNote(.deactivating))
        #expect(!world.hasNote(.deleting))
    }

    @Test("a user's only key is taken over as it is")
    func takenOver() {
        var world = World.withKey(age: .seconds(3600))
        #expect(world.send(.resumed).effects == [.listKeys])
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(world.rotation.current?.id == World.old)
        #expect(world.hasNote(.takenOver))
        #expect(!world.touchedIAM)
    }

    @Test(
        "when-asked: however old its key is, a user that was never rotated waits for an order, and goes on by itself afterwards"
    )
    func whenAsked() {
        var policy = World.unasked
        policy.firstRotation = .whenAsked
        policy.maxAge = policy.shortestMaxAge
        var world = World.withKey(age: .seconds(900 * 86_400), policy: policy)
        world.send(.resumed)
        world.answerAll()
        for _ in 0..<3 {
            #expect(world.rotation.due(at: world.now, policy: policy).action == .whenAsked)
            #expect(world.advance(.seconds(3600)).effects.isEmpty)
        }
        #expect(world.rotation.overAge(at: world.now, policy: policy)?.key == World.old)
        #expect(!world.touchedIAM)
        world.send(.asked(.rotate()))
        world.roll(to: .creating)
        world.roll(to: .idle)
        #expect(world.rotation.number == 1)
        world.roll(to: .creating)
        #expect(world.rotation.number == 2)
    }

    @Test("when-asked: a leaked key is replaced without another order, and a user without a key gets its first one")
    func whenAskedForLeak() {
        var policy = World.unasked
        policy.firstRotation = .whenAsked
        var world = World.withKey(age: .zero, policy: policy)
        world.send(.resumed)
        world.answerAll()
        world.send(.asked(.revoke(World.old, atOnce: false)))
        world.roll(to: .creating)
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) != [World.old] && world.rotation.number == 1)
        var keyless = World(policy: policy)
        keyless.send(.resumed)
        keyless.roll(to: .creating)
        keyless.roll(to: .idle)
        #expect(keyless.keys.count == 1)
    }

    @Test("before the first rotation, a key that a person has put in place of the one that was seen is taken over")
    func replacedBeforeTheFirst() {
        var policy = World.unasked
        policy.firstRotation = .whenAsked
        var world = World.withKey(age: .seconds(900 * 86_400), policy: policy)
        world.send(.resumed)
        world.answerAll()
        let new = world.makeKey().id
        world.keys.removeAll { $0.id == World.old }
        world.send(.asked(.rotate()))
        world.roll(to: .overlap)
        #expect(world.rotation.previous?.id == new)
        #expect(world.notes.filter { $0.kind == .takenOver }.map(\.key) == [World.old, new])
    }

    @Test("two keys without a record hold, with both named and nothing touched")
    func twoUnknownKeys() {
        var world = World.withKey(age: .seconds(48 * 3600))
        world.makeKey()
        world.send(.resumed)
        world.answerAll()
        world.advance(.seconds(3600))
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(world.rotation.current == nil)
        #expect(world.rotation.problem?.code == .unaccountedKey)
        let message = world.rotation.problem?.message ?? ""
        #expect(message.contains("AKIAOLD (Active) and AKIANEW1 (Active)"))
        #expect(message.contains("`keyturn adopt USER --current AKIAOLD` or `keyturn adopt USER --current AKIANEW1`"))
        #expect(!world.touchedIAM)
    }

    @Test("the hold ends when the second key is gone, and it is reported once")
    func holdEnds() {
        var world = World.withKey(age: .seconds(3600))
        let stranger = world.makeKey().id
        world.send(.resumed)
        world.answerAll()
        let since = world.rotation.problem?.since
        for _ in 0..<5 {
            world.advance(.seconds(300))
            world.answerAll()
        }
        #expect(world.notes.count { $0.kind == .blocked } == 1)
        #expect(world.rotation.problem?.since == since)
        world.keys.removeAll { $0.id == stranger }
        world.advance(.seconds(300))
        world.answerAll()
        #expect(world.rotation.problem == nil)
        #expect(world.rotation.current?.id == World.old)
    }

    @Test("a stranger's key next to a known one stops a rotation before it begins, also one that was asked for")
    func strangerBesideCurrent() {
        var world = World.withKey(age: .seconds(3600))
        world.send(.resumed)
        world.answerAll()
        world.makeKey()
        world.send(.asked(.rotate()))
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(world.rotation.isRequested)
        #expect(world.rotation.problem?.message.contains("besides AKIAOLD") == true)
        #expect(!world.touchedIAM)
    }

    @Test("before its time nothing is done, not even a listing")
    func beforeItsTime() {
        var world = World.withKey(age: .zero)
        world.send(.resumed)
        world.answerAll()
        let seen = world.begun.count
        world.advance(.milliseconds(24 * 3_600_000 - 1))
        world.restart()
        #expect(world.begun.count == seen)
        #expect(world.advance(.milliseconds(1)).effects == [.listKeys])
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating)
        #expect(world.notes.first { $0.kind == .began }?.detail == "the key has reached the age at which it is rotated")
    }

    @Test("an operator's rotate begins at once, with a fresh look at IAM first")
    func asked() {
        var world = World.withKey(age: .zero)
        world.send(.resumed)
        world.answerAll()
        #expect(world.send(.asked(.rotate())).effects == [.listKeys])
        #expect(world.rotation.isRequested)
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating)
        #expect(!world.rotation.isRequested)
    }

    @Test("rotate asked twice, or in the middle of a rotation, is one rotation")
    func askedTwice() {
        var world = World.at(.delivering)
        world.send(.asked(.rotate()))
        #expect(!world.rotation.isRequested)
        world.roll(to: .idle)
        world.send(.asked(.rotate()))
        #expect(world.send(.asked(.rotate())).notes.isEmpty)
        world.roll(to: .delivering)
        world.roll(to: .idle)
        #expect(world.rotation.number == 2)
        #expect(!world.rotation.isRequested)
    }

    @Test("a key that is gone from IAM is replaced by a new one when it is due")
    func currentGone() {
        var world = World.withKey(age: .seconds(3600))
        world.send(.resumed)
        world.answerAll()
        world.keys = []
        world.roll(to: .delivering)
        #expect(world.notes.contains { $0.detail == "the key that the targets hold is gone from IAM" })
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [world.rotation.current?.id])
    }

    @Test("a key's status is taken over from IAM, not guessed")
    func inactive() {
        var world = World.withKey(age: .zero)
        world.setStatus(.inactive, of: World.old)
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.current?.status == .inactive)
    }

    @Test("a key that keyturn has deleted, and that IAM still lists, is not a stranger for a while")
    func deletedAndListed() {
        var world = World.at(.overlap)
        world.roll(to: .idle)
        world.keys.insert(AccessKey(id: World.old, status: .inactive, created: World.start), at: 0)
        world.send(.asked(.rotate()))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && world.rotation.problem == nil)
        var late = World.at(.overlap)
        late.roll(to: .idle)
        late.keys.insert(AccessKey(id: World.old, status: .inactive, created: World.start), at: 0)
        late.advance(.seconds(901))
        late.send(.asked(.rotate()))
        late.answerAll()
        #expect(late.rotation.problem?.code == .unaccountedKey)
    }
}
