import Testing

@testable import Rotation

@Suite("Before a key is made")
struct PreflightTests {
    private let policy = Policy(preflight: true, retry: .seconds(300))

    private func due() -> World {
        var world = World.withKey(age: .seconds(48 * 3600), policy: policy)
        world.send(.resumed)
        world.answer(.listKeys)
        return world
    }

    @Test("every target is asked, and the rotation begins when all would take a key")
    func begins() {
        var world = due()
        let before = world.notes.count { $0.kind == .keysSeen }
        #expect(world.pending == World.targets.map { .check($0) } && world.rotation.phase == .idle)
        for target in World.targets { world.answer(.check(target)) }
        #expect(world.pending == [.listKeys])
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && world.pending == [.createKey])
        #expect(world.notes.count { $0.kind == .keysSeen } == before)
    }

    @Test("a target that refuses for good keeps the rotation from beginning, and is named")
    func refuses() throws {
        var world = due()
        world.refusals[World.targets[1]] = "GitLab: a/b: the token is refused"
        for target in World.targets { world.answer(.check(target)) }
        #expect(world.rotation.problem == nil && world.rotation.isAskingAgain)
        for _ in 0..<2 {
            #expect(world.advance(.seconds(20)).effects == [.check(World.targets[1])])
            world.answer(.check(World.targets[1]))
        }
        let problem = try #require(world.rotation.problem)
        #expect(problem.code == .targetRefuses && problem.message.contains("1 of 3 targets"))
        #expect(problem.message.contains("gitlab:a/b: GitLab: a/b: the token is refused"))
        #expect(world.rotation.phase == .idle && world.pending.isEmpty && !world.begun.contains(.createKey))
        #expect(world.rotation.due(at: world.now, policy: policy).at == world.now + .seconds(300))
        #expect(world.rotation.recorded.problem == problem)
    }

    @Test("a refusal shows while it is asked about again, and is not a problem yet")
    func showsAtOnce() throws {
        var world = due()
        let began = world.now
        world.refusals[World.targets[1]] = "GitLab: a/b: 401. Is the token right?"
        for target in World.targets { world.answer(.check(target)) }
        let refusal = try #require(world.rotation.recorded.preflightRefusal)
        #expect(world.rotation.obstacle == refusal && world.rotation.problem == nil && world.rotation.trouble == nil)
        #expect(refusal.code == .targetRefuses && refusal.since == began && refusal.pushers == "gitlab")
        let words =
            "1 of 3 targets would not take a new key: gitlab:a/b: GitLab: a/b: 401. Is the token right? keyturn asks again"
        #expect(refusal.message.contains(words) && refusal.message.contains("`keyturn retry USER`"))
        #expect(world.rotation.mayRetry)
        #expect(world.rotation.due(at: world.now, policy: policy) == Due(action: .rotate, at: began + .seconds(20)))
        world.advance(.seconds(20))
        world.answer(.check(World.targets[1]))
        #expect(world.rotation.preflightRefusal?.since == began)
        world.advance(.seconds(20))
        world.answer(.check(World.targets[1]))
        #expect(world.rotation.preflightRefusal == nil && world.rotation.obstacle == world.rotation.problem)
        #expect(world.rotation.problem?.message.contains("`keyturn retry USER` asks again") == true)
    }

    @Test("a refusal is forgotten where the target takes a key after all, and where nothing is due any more")
    func forgotten() {
        var world = due()
        world.refusals[World.targets[0]] = "401"
        for target in World.targets { world.answer(.check(target)) }
        var calm = world
        calm.requirements.policy.rotateEvery = .seconds(90 * 86_400)
        calm.restart()
        #expect(calm.rotation.obstacle == nil)
        world.refusals = [:]
        world.advance(.seconds(20))
        world.answer(.check(World.targets[0]))
        #expect(world.rotation.obstacle == nil)
    }

    @Test(
        "up to three targets that refuse are named, the first with its reason",
        arguments: [
            (2, "github:a/c: no folder. The other: gitlab:a/b. "),
            (3, "github:a/c: no folder. The others: gitlab:a/b, travis:a/a. "),
            (4, "github:a/c: no folder. The others: github:a/d, gitlab:a/b and 1 more. "),
        ])
    func names(count: Int, words: String) {
        let targets = ["github:a/c", "gitlab:a/b", "travis:a/a", "github:a/d"].prefix(count).map { TargetName($0) }
        var world = World.withKey(age: .seconds(48 * 3600), policy: policy, targets: targets)
        world.send(.resumed)
        world.answer(.listKeys)
        for target in targets { world.refusals[target] = "no folder" }
        world.answerAll()
        let refusal = world.rotation.obstacle?.message
        let whole = "\(count) of \(count) targets would not take a new key: \(words)"
        #expect(refusal?.contains(whole) == true, "\(refusal ?? "")")
    }

    @Test("one target is not 1 of 1")
    func only() {
        var world = World.withKey(age: .seconds(48 * 3600), policy: policy, targets: [World.targets[0]])
        world.send(.resumed)
        world.answer(.listKeys)
        world.refusals[World.targets[0]] = "401"
        world.answerAll()
        let refusal = world.rotation.obstacle?.message
        #expect(refusal?.contains("its only target would not take a new key: github:a/c: 401. ") == true)
        var late = World.at(.delivering, targets: [World.targets[0]])
        late.pushResults[World.targets[0]] = PushResult(.unauthorized, message: "401")
        late.answerAll()
        #expect(late.rotation.trouble?.hasPrefix("its only target has not confirmed the new key, so ") == true)
    }

    @Test("a refusal that passes within a minute is not one")
    func passes() {
        var world = due()
        world.refusals[World.targets[0]] = "401"
        for target in World.targets { world.answer(.check(target)) }
        world.advance(.seconds(20))
        world.refusals = [:]
        world.answer(.check(World.targets[0]))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && !world.hasNote(.blocked))
    }

    @Test("it begins by itself once the target would take a key again")
    func recovers() {
        var world = due()
        world.refusals[World.targets[0]] = "no"
        world.answerAll()
        for _ in 0..<2 {
            world.advance(.seconds(20))
            world.answerAll()
        }
        #expect(world.rotation.problem?.code == .targetRefuses)
        world.refusals = [:]
        world.advance(.seconds(301))
        world.answer(.listKeys)
        for target in World.targets { world.answer(.check(target)) }
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && world.rotation.problem == nil)
    }

    @Test("a problem of a rotation that is not due any more is dropped")
    func stale() {
        var world = World.withKey(age: .seconds(48 * 3600))
        world.send(.resumed)
        world.fail(.listKeys, .denied)
        #expect(world.rotation.problem?.code == .denied)
        world.answerAll()
        world.advance(.seconds(30))
        world.answer(.listKeys)
        world.roll(to: .overlap)
        world.roll(to: .idle)
        world.advance(.seconds(48 * 3600))
        world.fail(.listKeys, .denied)
        world.requirements.policy.rotateEvery = .seconds(90 * 86_400)
        #expect(world.rotation.nextWork(at: world.now, policy: world.requirements.policy) == world.now)
        world.restart()
        #expect(world.rotation.problem == nil && !world.pending.contains(.listKeys))
    }

    @Test("a leak does not wait for any target")
    func leak() {
        var world = due()
        world.refusals[World.targets[0]] = "no"
        world.send(.asked(.revoke(atOnce: false)))
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating)
    }

    @Test("a crash in the middle asks again")
    func crash() {
        var world = due()
        world.answer(.check(World.targets[0]))
        world.restart()
        world.answer(.listKeys)
        #expect(world.pending == World.targets.map { .check($0) })
    }

    @Test("targets that come while others are asked are asked too")
    func added() {
        var world = due()
        world.requirements.targets.append(TargetName("github:a/new"))
        for target in World.targets { world.answer(.check(target)) }
        #expect(world.pending == [.check(TargetName("github:a/new"))])
    }
}
