import Testing

@testable import Rotation

@Suite("Failures back off")
struct BackoffTests {
    static let waits: [Duration] = [30, 60, 120, 240, 480, 900, 900, 900].map { .seconds($0) }

    @Test(
        "listings that fail are tried after 30 s, doubling to 900 s",
        arguments: [Phase.creating, .overlap, .soak, .deleting])
    func doubling(phase: Phase) {
        var world = World.at(phase)
        if phase == .creating {
            world.fail(.createKey, .lost)
            world.answer(.listKeys)
        }
        if phase == .deleting { world.restart() }
        world.now = max(world.rotation.due(at: world.now, policy: world.requirements.policy).at, world.now)
        world.send(.timePassed)
        for wait in Self.waits {
            world.fail(.listKeys, .unreachable)
            #expect(world.rotation.problem?.code == .unreachable)
            #expect(world.rotation.due(at: world.now, policy: world.requirements.policy).at == world.now + wait)
            #expect(world.advance(wait - .milliseconds(1)).effects.isEmpty)
            #expect(world.advance(.milliseconds(1)).effects == [.listKeys])
        }
    }

    @Test("before the first listing failures back off as well")
    func unobserved() {
        var world = World.withKey(age: .zero)
        world.send(.resumed)
        for wait in Self.waits {
            world.fail(.listKeys, .denied)
            #expect(world.rotation.due(at: world.now, policy: world.requirements.policy).at == world.now + wait)
            #expect(world.advance(wait).effects == [.listKeys])
        }
    }

    @Test("creations that IAM refuses back off as well")
    func creations() {
        var world = World.at(.creating)
        for wait in Self.waits {
            world.fail(.createKey, .refused)
            #expect(world.advance(wait - .milliseconds(1)).effects.isEmpty)
            #expect(world.advance(.milliseconds(1)).effects == [.createKey])
        }
    }

    @Test("a success starts the waits over and takes the problem away")
    func startsOver() {
        var world = World.at(.overlap)
        world.advance(.seconds(3600))
        for _ in 0..<4 {
            world.fail(.listKeys, .unreachable)
            world.advance(.seconds(900))
        }
        world.answer(.listKeys)
        #expect(world.rotation.problem == nil)
        world.fail(.deactivateKey(World.old), .unreachable)
        #expect(world.rotation.retryAt == world.now + .seconds(30))
    }

    @Test("the kind of failure becomes the kind of problem, since its first time, and is noted once")
    func problems() {
        let codes: [(Failure.Kind, Problem.Code)] = [
            (.lost, .unreachable), (.limitExceeded, .refused), (.noSuchUser, .noSuchUser), (.denied, .denied),
            (.ownKey, .ownKey), (.unreachable, .unreachable), (.refused, .refused),
        ]
        for (kind, code) in codes {
            var world = World.at(.overlap)
            world.advance(.seconds(3600))
            let since = world.now
            for _ in 0..<3 {
                world.fail(.listKeys, kind)
                world.advance(.seconds(900))
            }
            #expect(world.rotation.problem == Problem(code: code, message: "the reason", since: since))
            #expect(world.notes.count { $0.kind == .blocked } == 1)
            #expect(world.rotation.trouble == "the reason")
            // No wait makes keyturn run with another key.
            #expect(world.rotation.problem?.needsPerson == (kind == .ownKey || kind == .noSuchUser))
        }
    }

    @Test("a wait ends at once for an operator's retry")
    func retry() {
        var world = World.at(.overlap)
        world.advance(.seconds(3600))
        world.fail(.listKeys, .denied)
        #expect(world.send(.asked(.retry)).effects == [.listKeys])
    }
}
