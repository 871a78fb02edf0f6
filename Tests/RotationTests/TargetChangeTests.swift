import Testing

@testable import Rotation

@Suite("Targets that are skipped, added and removed")
struct TargetChangeTests {
    let new = AccessKeyID("AKIANEW1")
    let target = World.targets[0]

    /// Delivering, all confirmed but the first target.
    private func held() -> World {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(.unauthorized, message: "401")
        world.answerAll()
        return world
    }

    @Test("an operator's skip is recorded with its reason, and lets the rotation go on")
    func skip() {
        var world = held()
        let transition = world.send(.asked(.skip(target, reason: "the project is archived")))
        #expect(world.state(target) == .skipped)
        #expect(
            transition.notes.first
                == HistoryEvent(.skipped, key: new, target: target, detail: "the project is archived"))
        #expect(world.rotation.phase == .overlap)
    }

    @Test("a skip in the middle of a push makes its answer count for nothing")
    func skipInFlight() {
        var world = World.at(.delivering)
        world.send(.asked(.skip(target, reason: "gone")))
        #expect(world.send(.pushed(target, new, PushResult(.ok, message: ""))) == Transition())
        #expect(world.state(target) == .skipped)
        #expect(world.rotation.phase == .delivering)
    }

    @Test("a confirmed target, an unknown one, and any target in another phase cannot be skipped")
    func noSkip() {
        var world = held()
        world.send(.asked(.skip(World.targets[1], reason: "late")))
        world.send(.asked(.skip(TargetName("github:nowhere"), reason: "typo")))
        #expect(world.state(World.targets[1]) == .confirmed)
        #expect(world.rotation.phase == .delivering)
        for phase in [Phase.creating, .verifying, .overlap, .soak, .idle] {
            var other = World.at(phase)
            other.send(.asked(.skip(target, reason: "too early or too late")))
            #expect(other.state(target) != .skipped)
        }
    }

    @Test("a skip is for one rotation: the next one pushes there again")
    func skippedOnce() {
        var world = held()
        world.send(.asked(.skip(target, reason: "down today")))
        world.pushResults = [:]
        world.roll(to: .idle)
        world.roll(to: .delivering)
        #expect(world.pending.contains(.push(target, AccessKeyID("AKIANEW2"))))
    }

    @Test("an operator's retry pushes what is open at once, a rate limit or not, and counts quick tries again")
    func retry() {
        var world = held()
        world.pushResults[target] = PushResult(.rateLimited, retryAfter: .seconds(7200), message: "429")
        world.advance(.seconds(300))
        world.answerAll()
        #expect(world.advance(.seconds(1)).effects.isEmpty)
        #expect(world.send(.asked(.retry)).effects == [.push(target, new)])
        #expect(world.rotation.deliveries[target]?.quickTries == 1)
        #expect(world.send(.asked(.retry)).effects.isEmpty)
    }

    @Test("a target that is new in the configuration gets the key too, before anything is retired")
    func added() {
        var world = held()
        let added = TargetName("travis:a/new")
        world.requirements.targets.append(added)
        #expect(world.retake().pushes == [.push(target, new), .push(added, new)])
        #expect(world.notes.contains { $0.kind == .targetAdded && $0.target == added })
        world.pushResults = [added: PushResult(.notFound, message: "404")]
        world.answerAll()
        #expect(world.rotation.phase == .delivering)
        #expect(world.state(added) == .failed)
    }

    @Test("a target that leaves before it has confirmed keeps the old key Active until it is forgotten, or back")
    func removed() {
        var world = held()
        world.requirements.targets.removeFirst()
        world.restart()
        #expect(world.rotation.phase == .delivering && world.rotation.problem?.code == .targetLeft)
        #expect(world.rotation.problem?.message.contains("keyturn forget \(target)") == true)
        #expect(world.hasNote(.targetLeft))
        for _ in 0..<5 { #expect(world.advance(.seconds(3_600)).pushes.isEmpty) }
        var back = world
        back.requirements.targets = World.targets
        back.pushResults = [:]
        #expect(back.retake().effects == [.push(target, new)])
        back.answerAll()
        #expect(back.rotation.phase == .overlap && back.rotation.problem == nil)
        world.send(.asked(.forget(target, reason: "archived")))
        #expect(world.rotation.phase == .overlap && world.rotation.deliveries[target] == nil)
        #expect(world.notes.contains(HistoryEvent(.forgotten, key: World.old, target: target, detail: "archived")))
    }

    @Test("an operator's skip stays, also over a restart")
    func skipStays() {
        var world = World.at(.delivering)
        for target in World.targets { world.pushResults[target] = PushResult(.unauthorized, message: "401") }
        world.answerAll()
        world.send(.asked(.skip(target, reason: "archived")))
        #expect(!world.retake().effects.contains(.push(target, new)))
        #expect(world.state(target) == .skipped)
    }

    @Test("without any target left nothing is retired")
    func noTargets() {
        var world = World.at(.delivering, targets: [target])
        world.pushResults[target] = PushResult(.unauthorized, message: "401")
        world.answerAll()
        world.requirements.targets = []
        for _ in 0..<5 {
            world.restart()
            world.answerAll()
            world.advance(.seconds(7200))
        }
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }
}
