import Testing

@testable import Rotation

@Suite("Creations have a limit")
struct CreationLimitTests {
    @Test(
        "a creation that IAM refused was none: it is tried again without a listing",
        arguments: [Failure.Kind.refused, .denied, .unreachable])
    func refused(kind: Failure.Kind) {
        var world = World.at(.creating)
        #expect(world.fail(.createKey, kind).effects.isEmpty)
        #expect(world.rotation.problem != nil)
        #expect(world.advance(.seconds(30)).effects == [.createKey])
    }

    @Test("a user that is gone holds until it is listed again")
    func noSuchUser() {
        var world = World.at(.creating)
        world.fail(.createKey, .noSuchUser)
        #expect(world.rotation.problem?.code == .noSuchUser)
        world.advance(.seconds(30))
        #expect(world.pending == [.listKeys])
        world.fail(.listKeys, .noSuchUser)
        #expect(world.rotation.problem?.code == .noSuchUser)
        world.roll(to: .verifying)
        #expect(world.rotation.problem == nil)
    }

    @Test("after eight lost creations without a key it holds, and asks slowly from then on")
    func lostForEver() {
        var world = World.at(.creating)
        world.loseCreations(for: .seconds(120))
        #expect(world.begun.count { $0 == .createKey } == 8)
        #expect(world.rotation.problem?.code == .creationFails)
        world.loseCreations(for: .seconds(1800))
        #expect(world.begun.count { $0 == .createKey } <= 11)
    }

    @Test("when keys are made and every reply is lost, it does not create and delete without end")
    func lostButMade() {
        var world = World.at(.creating)
        let end = world.now + .seconds(3600)
        for _ in 0..<20_000 where world.now < end {
            if world.pending.contains(.createKey) {
                world.makeKey()
                world.fail(.createKey, .lost)
            } else {
                world.goOn()
            }
        }
        #expect(world.begun.count { $0 == .createKey } <= 12)
        #expect(world.rotation.problem?.code == .creationFails)
        #expect(world.keys.count == 1)
    }

    @Test("a limit that no listed key explains is not run into again and again")
    func unexplainedLimit() {
        var world = World.at(.creating)
        world.refuseCreations(.limitExceeded, for: .seconds(3600))
        #expect(world.begun.count { $0 == .createKey } <= 16)
        #expect(world.rotation.creations.count <= 8)
    }

    @Test("the record of creations stays small, however long IAM refuses them")
    func recordIsBounded() {
        var world = World.at(.creating)
        world.refuseCreations(.denied, for: .seconds(7 * 86_400))
        #expect(world.begun.count { $0 == .createKey } > 100)
        #expect(world.rotation.creations.count <= 8)
    }
}

extension World {
    fileprivate mutating func loseCreations(for duration: Duration) { refuseCreations(.lost, for: duration) }

    /// Every CreateAccessKey fails that way for that long, and listings show what there is.
    fileprivate mutating func refuseCreations(_ kind: Failure.Kind, for duration: Duration) {
        let end = now + duration
        for _ in 0..<20_000 where now < end {
            if pending.contains(.createKey) {
                fail(.createKey, kind)
            } else {
                goOn()
            }
        }
    }
}
