import Testing

@testable import Rotation

@Suite("Retiring")
struct RetiringTests {
    let new = AccessKeyID("AKIANEW1")

    @Test("IAM is listed before the old key is deactivated, and again before it is deleted")
    func listsFirst() {
        var world = World.at(.overlap)
        #expect(world.advance(.seconds(3600)).effects == [.listKeys])
        #expect(world.answer(.listKeys).effects == [.deactivateKey(World.old)])
        world.answer(.deactivateKey(World.old))
        #expect(world.rotation.previous?.status == .inactive)
        #expect(world.advance(.seconds(3600)).effects == [.listKeys])
        #expect(world.rotation.phase == .soak)
        #expect(world.answer(.listKeys).effects == [.deleteKey(World.old)])
        #expect(world.rotation.phase == .deleting)
    }

    @Test("while the new key is not Active in IAM, the old one is left as it is", arguments: [Phase.overlap, .soak])
    func newKeyUnusable(phase: Phase) {
        var world = World.at(phase)
        world.setStatus(.inactive, of: new)
        let before = world.begun.count
        for _ in 0..<20 {
            world.advance(.seconds(3600))
            world.answerAll()
        }
        #expect(world.begun[before...].allSatisfy { $0 == .listKeys })
        #expect(world.rotation.problem?.code == .currentKeyUnusable)
        #expect(world.rotation.phase == phase)
        #expect(world.notes.count { $0.kind == .blocked } == 1)
    }

    @Test("it goes on by itself once the new key is Active again")
    func usableAgain() {
        var world = World.at(.overlap)
        world.setStatus(.inactive, of: new)
        world.advance(.seconds(3600))
        world.answerAll()
        world.setStatus(.active, of: new)
        world.roll(to: .soak)
        #expect(world.rotation.problem == nil)
    }

    @Test("an old key that someone else deleted completes the rotation", arguments: [Phase.overlap, .soak])
    func deletedByOthers(phase: Phase) {
        var world = World.at(phase)
        world.keys.removeAll { $0.id == World.old }
        world.roll(to: .idle)
        #expect(world.notes.contains { $0.kind == .deleted && $0.detail == "deleted by someone else" })
        #expect(!world.begun.contains(.deleteKey(World.old)))
        #expect(world.rotation.current?.id == new)
    }

    @Test("an old key that someone deactivated already goes on to soak for the whole time")
    func deactivatedByOthers() {
        var world = World.at(.overlap)
        world.setStatus(.inactive, of: World.old)
        world.advance(.seconds(3600))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .soak)
        #expect(world.rotation.phaseSince == world.now)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }

    @Test("an old key that someone made Active again during soak gets a new overlap")
    func reactivated() {
        var world = World.at(.soak)
        world.setStatus(.active, of: World.old)
        world.advance(.seconds(3600))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .overlap)
        #expect(world.rotation.phaseSince == world.now)
        #expect(world.hasNote(.reactivatedOutside))
        #expect(world.pending.isEmpty)
        world.advance(.seconds(3599))
        #expect(world.pending.isEmpty)
        world.roll(to: .idle)
    }

    @Test("an old key that was made Active while its deletion failed is not deleted after all")
    func reactivatedWhileDeleting() {
        var world = World.at(.deleting)
        world.fail(.deleteKey(World.old), .refused)
        world.setStatus(.active, of: World.old)
        world.advance(.seconds(30))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .overlap)
        #expect(world.begun.count { $0 == .deleteKey(World.old) } == 1)
    }

    @Test("a deactivation whose reply is lost is looked at, and not done twice")
    func deactivationLost() {
        var world = World.at(.overlap)
        world.advance(.seconds(3600))
        world.answer(.listKeys)
        world.setStatus(.inactive, of: World.old)
        world.fail(.deactivateKey(World.old), .lost)
        #expect(world.rotation.phase == .overlap)
        world.advance(.seconds(30))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .soak)
        #expect(world.rotation.problem == nil)
        #expect(world.begun.count { $0 == .deactivateKey(World.old) } == 1)
    }

    @Test("a deletion whose reply is lost is looked at, and not done twice")
    func deletionLost() {
        var world = World.at(.deleting)
        world.keys.removeAll { $0.id == World.old }
        world.fail(.deleteKey(World.old), .lost)
        world.advance(.seconds(30))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .idle)
        #expect(world.begun.count { $0 == .deleteKey(World.old) } == 1)
    }

    @Test("a third key next to the two stops nothing and is not touched")
    func thirdKey() {
        var world = World.at(.overlap)
        let stranger = world.makeKey().id
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [new, stranger])
    }
}
