import Testing

@testable import Rotation

@Suite("A whole life")
struct WholeLifeTests {
    @Test("a due key is replaced everywhere, then deactivated, then deleted")
    func wholeRotation() {
        var world = World.at(.creating)
        var phases = [Phase.creating]
        for phase in [Phase.verifying, .delivering, .overlap, .soak, .deleting, .idle] {
            world.roll(to: phase)
            phases.append(world.rotation.phase)
        }
        #expect(phases == [.creating, .verifying, .delivering, .overlap, .soak, .deleting, .idle])
        #expect(world.keys.map(\.id.rawValue) == ["AKIANEW1"])
        #expect(world.rotation.current?.id.rawValue == "AKIANEW1")
        #expect(world.rotation.next == nil)
        #expect(world.rotation.previous == nil)
        #expect(world.rotation.number == 1)
        #expect(world.sealedPair == nil)
        #expect(world.notes.last?.kind == .completed)
    }

    @Test("the effects come in the one safe order")
    func order() {
        var world = World.at(.creating, targets: [World.targets[0]])
        world.roll(to: .deleting)
        world.answerAll()
        let new = AccessKeyID("AKIANEW1")
        #expect(
            world.begun == [
                .listKeys, .createKey, .verifyKey(new), .verifyKey(new), .verifyKey(new), .push(World.targets[0], new),
                .listKeys, .deactivateKey(World.old), .listKeys, .deleteKey(World.old),
            ])
    }

    @Test("a second rotation counts on and forgets the deliveries of the first")
    func secondRotation() {
        var world = World.at(.delivering)
        world.roll(to: .idle)
        world.requirements.targets = [World.targets[0]]
        world.roll(to: .delivering)
        #expect(world.rotation.number == 2)
        #expect(Set(world.rotation.deliveries.keys) == [World.targets[0]])
        #expect(world.rotation.current?.id.rawValue == "AKIANEW1")
        #expect(world.rotation.next?.id.rawValue == "AKIANEW2")
        world.roll(to: .idle)
        #expect(world.keys.map(\.id.rawValue) == ["AKIANEW2"])
    }

    @Test("overlap and soak last as long as the policy says, to the millisecond")
    func waits() {
        var world = World.at(.overlap, policy: Policy(overlap: .seconds(600), soak: .seconds(1200)))
        world.advance(.milliseconds(599_999))
        #expect(world.pending.isEmpty)
        world.advance(.milliseconds(1))
        world.answerAll()
        #expect(world.rotation.phase == .soak)
        world.advance(.milliseconds(1_199_999))
        #expect(world.pending.isEmpty)
        world.advance(.milliseconds(1))
        #expect(world.pending == [.listKeys])
    }

    @Test("an answer that no one waits for changes nothing")
    func strayAnswers() {
        let key = AccessKey(id: AccessKeyID("AKIASTRAY"), status: .active, created: World.start)
        let events: [Event] = [
            .keysListed([]), .keyCreated(key), .keyVerified(key.id), .keyNotVerified(key.id, ""),
            .keyOfAnother(key.id, ""), .pushed(World.targets[0], key.id, PushResult(.ok, message: "")),
            .lastUsed(key.id, nil), .keyDeactivated(World.old), .keyDeleted(World.old),
            .failed(.deleteKey(World.old), Failure(.refused, "")),
        ]
        for phase in [Phase.delivering, .overlap, .soak, .idle] {
            var world = World.at(phase)
            world.answerAll()
            let before = world.rotation
            for event in events { #expect(world.send(event) == Transition()) }
            #expect(world.rotation == before)
        }
    }

    @Test("every intent is in the history before its outcome")
    func history() {
        var world = World.at(.overlap)
        world.roll(to: .idle)
        let kinds = world.notes.map(\.kind).filter { $0 != .delivered }
        #expect(
            kinds == [
                .keysSeen, .takenOver, .began, .creating, .created, .verifying, .verified, .delivering, .allDelivered,
                .deactivating, .deactivated, .deleting, .deleted, .completed,
            ])
    }

    @Test(
        "the pair is wiped in the very step that ends what it is kept for, and in no other",
        arguments: [RetainSecret.none, .rotation])
    func wiping(retainSecret: RetainSecret) {
        var world = World.at(.delivering)
        world.requirements.policy.retainSecret = retainSecret
        let id = world.rotation.next?.id ?? World.old
        for target in world.requirements.targets.dropLast() { #expect(!world.answer(.push(target, id)).wipesPair) }
        #expect(world.answer(.push(World.targets[2], id)).wipesPair == (retainSecret == .none))
        #expect(world.rotation.phase == .overlap)
        #expect(world.rotation.previous?.id == World.old)
        world.roll(to: .deleting)
        #expect((world.sealedPair == nil) == (retainSecret == .none))
        #expect(world.answer(.deleteKey(World.old)).wipesPair == (retainSecret == .rotation))
        #expect(world.sealedPair == nil)
    }
}
