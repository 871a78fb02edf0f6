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
        #expect(world.pending == World.targets.map { .check($0) } && world.rotation.phase == .idle)
        for target in World.targets { world.answer(.check(target)) }
        #expect(world.pending == [.listKeys])
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && world.pending == [.createKey])
    }

    @Test("a target that refuses for good keeps the rotation from beginning, and is named")
    func refuses() throws {
        var world = due()
        world.refusals[World.targets[1]] = "GitLab: a/b: the token is refused"
        for target in World.targets { world.answer(.check(target)) }
        let problem = try #require(world.rotation.problem)
        #expect(problem.code == .targetRefuses && problem.message.contains("1 of 3 targets"))
        #expect(problem.message.contains("gitlab:a/b: GitLab: a/b: the token is refused"))
        #expect(world.rotation.phase == .idle && world.pending.isEmpty && !world.begun.contains(.createKey))
        #expect(world.rotation.due(at: world.now, policy: policy).at == world.now + .seconds(300))
        #expect(world.rotation.recorded.problem == problem)
    }

    @Test("it begins by itself once the target would take a key again")
    func recovers() {
        var world = due()
        world.refusals[World.targets[0]] = "no"
        for target in World.targets { world.answer(.check(target)) }
        world.refusals = [:]
        world.advance(.seconds(301))
        world.answer(.listKeys)
        for target in World.targets { world.answer(.check(target)) }
        world.answer(.listKeys)
        #expect(world.rotation.phase == .creating && world.rotation.problem == nil)
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
        world.terms.targets.append(TargetName("github:a/new"))
        for target in World.targets { world.answer(.check(target)) }
        #expect(world.pending == [.check(TargetName("github:a/new"))])
    }
}
