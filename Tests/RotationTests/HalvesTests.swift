import Testing

@testable import Rotation

@Suite("Half-written pairs")
struct HalvesTests {
    let new = AccessKeyID("AKIANEW1")
    let target = World.targets[0]

    /// The waits after each of the next tries, all of which end like that.
    private func waits(_ result: PushResult, _ count: Int, in world: inout World) throws -> [Int] {
        world.pushResults[target] = result
        return try (0..<count).map { _ in
            world.answerAll()
            let retryAt = try #require(world.rotation.deliveries[target]?.retryAt)
            let wait = retryAt - world.now
            world.now = retryAt
            world.send(.timePassed)
            return Int(wait.components.seconds)
        }
    }

    private func half(_ outcome: PushResult.Outcome, after wait: Duration? = nil) -> PushResult {
        PushResult(outcome, retryAfter: wait, mayHaveWritten: true, message: "one of two")
    }

    @Test(
        "are finished after 1, 2, 4, 8, 15, 15 … s, however often that fails, and whatever the policy says",
        arguments: [PushResult.Outcome.retryable, .unknown, .timedOut, .cancelled])
    func schedule(outcome: PushResult.Outcome) throws {
        var world = World.at(.delivering, policy: Policy(maxAttempts: 2, retry: .seconds(300)))
        #expect(try waits(half(outcome), 60, in: &world) == [1, 2, 4, 8] + [Int](repeating: 15, count: 56))
    }

    @Test("begin that count again, also where tries before were in vain")
    func afterOthers() throws {
        var world = World.at(.delivering, policy: Policy(maxAttempts: 9, retry: .seconds(300)))
        #expect(try waits(PushResult(.retryable, message: "503"), 5, in: &world) == [1, 2, 4, 8, 16])
        #expect(try waits(half(.retryable), 3, in: &world) == [1, 2, 4])
        // A later try that wrote nothing leaves what was written before.
        #expect(try waits(PushResult(.retryable, message: "503"), 3, in: &world) == [8, 15, 15])
    }

    @Test(
        "are tried so for ten minutes where a person must fix something, then as the policy says",
        arguments: [PushResult.Outcome.unauthorized, .notFound, .conflict, .invalidConfig, .unsupported, .internal])
    func refused(outcome: PushResult.Outcome) throws {
        var world = World.at(.delivering)
        #expect(try waits(half(.retryable), 30, in: &world).last == 15)
        let start = world.now
        var quick = 0
        while try waits(half(outcome), 1, in: &world) == [15] { quick += 1 }
        #expect(quick == 40)
        #expect(world.now - start == .seconds(600 + 300))
        // Any other end begins the ten minutes again, and so does an operator's `retry`.
        #expect(try waits(half(.unknown), 1, in: &world) == [15])
        #expect(try waits(half(outcome), 1, in: &world) == [15])
    }

    @Test("wait for as long as the service asks, but not for a pause that has no time")
    func pauses() throws {
        var world = World.at(.delivering)
        #expect(try waits(half(.rateLimited, after: .seconds(90)), 2, in: &world) == [90, 90])
        #expect(try waits(half(.rateLimited), 3, in: &world) == [4, 8, 15])
        var whole = World.at(.delivering)
        #expect(try waits(PushResult(.rateLimited, message: "429"), 2, in: &whole) == [30, 30])
    }

    @Test("do not wait for long where IAM, which is asked first after a restart, cannot be reached")
    func listing() throws {
        var world = World.at(.delivering)
        world.pushResults[target] = half(.unknown)
        world.answerAll()
        world.restart()
        for wait in [1, 2, 4, 8, 15, 15] {
            world.fail(.listKeys, .unreachable)
            #expect(world.rotation.retryAt == world.now + .seconds(wait))
            world.advance(.seconds(wait))
        }
        var whole = World.at(.delivering)
        whole.pushResults[target] = PushResult(.retryable, message: "503")
        whole.answerAll()
        whole.restart()
        whole.fail(.listKeys, .unreachable)
        #expect(whole.rotation.retryAt == whole.now + .seconds(30))
    }

    @Test("and all others begin their waits again with the process, and go on with them where they were due anyway")
    func restarted() throws {
        for (result, first) in [(half(.retryable), 1), (PushResult(.notFound, message: "404"), 30)] {
            var world = World.at(.delivering)
            _ = try waits(result, 12, in: &world)
            world.answerAll()
            world.restart()
            #expect(try waits(result, 1, in: &world) == [first])
            _ = try waits(result, 10, in: &world)
            world.answerAll()
            world.now = try #require(world.rotation.deliveries[target]?.retryAt)
            world.restart()
            #expect(try waits(result, 1, in: &world) != [first])
        }
    }

    @Test("are none where one value holds both")
    func oneValue() throws {
        var world = World.at(.delivering)
        world.requirements.oneValue = [target]
        #expect(try waits(half(.timedOut), 2, in: &world) == [30, 30])
    }

    @Test("are not refused for longer by a clock that is set back")
    func clock() throws {
        var world = World.at(.delivering)
        #expect(try waits(half(.notFound), 8, in: &world).last == 15)
        world.now = World.start - .seconds(86_400)
        world.restart()
        var quick = 0
        while let wait = try waits(half(.notFound), 1, in: &world).first, wait <= 15 { quick += 1 }
        #expect(quick <= 50)
    }
}
