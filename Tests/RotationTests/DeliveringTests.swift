import Testing

@testable import Rotation

@Suite("Delivering")
struct DeliveringTests {
    let new = AccessKeyID("AKIANEW1")
    let target = World.targets[0]

    /// How a push ends, and what the delivery is then.
    struct Ending: Sendable, CustomTestStringConvertible {
        var outcome: PushResult.Outcome
        var state: Delivery.State
        var wait: Duration
        var testDescription: String { outcome.rawValue }

        static let open: [Ending] = [
            Ending(outcome: .retryable, state: .failed, wait: .seconds(1)),
            Ending(outcome: .rateLimited, state: .failed, wait: .seconds(30)),
            Ending(outcome: .unauthorized, state: .failed, wait: .seconds(30)),
            Ending(outcome: .notFound, state: .failed, wait: .seconds(30)),
            Ending(outcome: .conflict, state: .failed, wait: .seconds(30)),
            Ending(outcome: .invalidConfig, state: .failed, wait: .seconds(30)),
            Ending(outcome: .unsupported, state: .failed, wait: .seconds(30)),
            Ending(outcome: .internal, state: .failed, wait: .seconds(30)),
            Ending(outcome: .cancelled, state: .unknown, wait: .seconds(30)),
            Ending(outcome: .timedOut, state: .unknown, wait: .seconds(30)),
            Ending(outcome: .unknown, state: .unknown, wait: .seconds(1)),
        ]
    }

    @Test("a push that is not confirmed leaves its delivery open, with a wait that fits", arguments: Ending.open)
    func open(ending: Ending) throws {
        var world = World.at(.delivering)
        let result = PushResult(ending.outcome, message: "the vendor's words")
        let transition = world.answer(.push(target, new), with: .pushed(target, new, result))
        let delivery = try #require(world.rotation.deliveries[target])
        #expect(delivery.state == ending.state)
        #expect(!delivery.isSettled)
        #expect(delivery.retryAt == world.now + ending.wait)
        #expect(delivery.detail == "the vendor's words")
        #expect(delivery.attempts == 1)
        #expect(delivery.evidence == nil)
        #expect(transition.changedDeliveries == [target])
        #expect(transition.notes.map(\.kind) == [.notDelivered])
        #expect(transition.notes.map(\.retryAt) == [delivery.retryAt])
        #expect(transition.effects.isEmpty)
    }

    @Test("a confirmed push settles its delivery with its evidence", arguments: [PushResult.Outcome.ok, .unchanged])
    func confirmed(outcome: PushResult.Outcome) throws {
        for evidence in [Evidence.readBack, .timestamp, .lastFour, .version, .acknowledged, nil] {
            var world = World.at(.delivering)
            let result = PushResult(outcome, evidence: evidence, message: "done")
            world.answer(.push(target, new), with: .pushed(target, new, result))
            let delivery = try #require(world.rotation.deliveries[target])
            #expect(delivery.state == .confirmed)
            #expect(delivery.evidence == evidence ?? .acknowledged)
            #expect(delivery.retryAt == nil)
            #expect(world.notes.last?.kind == .delivered)
            #expect(world.notes.last?.evidence == evidence ?? .acknowledged)
        }
    }

    @Test("only what is not confirmed is pushed again, and with the same key")
    func sameKeyAgain() {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(.retryable, message: "503")
        world.answerAll()
        let before = world.begun.count
        for _ in 0..<5 {
            world.advance(.seconds(300))
            world.answerAll()
        }
        let later = world.begun[before...]
        #expect(later.count >= 5)
        #expect(later.allSatisfy { $0 == .push(target, new) })
        #expect(world.begun.count { $0 == .createKey } == 1)
    }

    @Test("nothing but ok and unchanged ever retires a key", arguments: Ending.open)
    func neverRetires(ending: Ending) {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(ending.outcome, message: "no")
        for _ in 0..<200 {
            world.answerAll()
            world.advance(.seconds(3600))
        }
        #expect(world.rotation.phase == .delivering)
        #expect(world.rotation.current?.id == World.old)
        #expect(world.sealedPair == new)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
        #expect(!world.begun.contains(.deleteKey(World.old)))
    }

    @Test("a target that never answers holds only itself: the others are confirmed, and it is pushed once")
    func neverAnswers() {
        var world = World.at(.delivering)
        for other in World.targets.dropFirst() { world.answer(.push(other, new)) }
        #expect(world.state(World.targets[1]) == .confirmed)
        #expect(world.state(World.targets[2]) == .confirmed)
        #expect(world.state(target) == .pending)
        for _ in 0..<50 { #expect(world.advance(.seconds(60)).effects.isEmpty) }
        #expect(world.rotation.isWaitingForAnswers)
        world.answer(.push(target, new))
        #expect(world.rotation.phase == .overlap)
    }

    @Test(
        "quick tries come after 1, 2, 4 … s, then every 30 s for five minutes, then 60, 120 … s up to the policy's retry"
    )
    func quickTries() throws {
        var world = World.at(.delivering, policy: Policy(maxAttempts: 5, retry: .seconds(300)))
        world.pushResults[target] = PushResult(.retryable, message: "503")
        var waits: [Duration] = []
        for _ in 0..<19 {
            world.answerAll()
            let retryAt = try #require(world.rotation.deliveries[target]?.retryAt)
            waits.append(retryAt - world.now)
            world.now = retryAt
            world.send(.timePassed)
        }
        let steady = Array(repeating: 30, count: 10)
        #expect(waits == ([1, 2, 4, 8] + steady + [60, 120, 240, 300, 300]).map { .seconds($0) })
    }

    @Test("a quick try never waits longer than the policy's retry")
    func shortRetry() throws {
        var world = World.at(.delivering, policy: Policy(maxAttempts: 50, retry: .seconds(3)))
        world.pushResults[target] = PushResult(.unknown, message: "the runner died")
        for _ in 0..<10 {
            world.answerAll()
            let retryAt = try #require(world.rotation.deliveries[target]?.retryAt)
            #expect(retryAt - world.now <= .seconds(3))
            world.advance(.seconds(3))
        }
    }

    @Test("the service's own wait is kept, and is at least a second")
    func rateLimit() throws {
        for (asked, kept) in [
            (Duration.seconds(7200), Duration.seconds(7200)), (.zero, .seconds(1)), (.seconds(-5), .seconds(1)),
        ] {
            var world = World.at(.delivering)
            world.pushResults[target] = PushResult(.rateLimited, retryAfter: asked, message: "429")
            world.answerAll()
            let delivery = try #require(world.rotation.deliveries[target])
            #expect(delivery.isRateLimited)
            #expect(delivery.retryAt == world.now + kept)
        }
    }

    @Test("an answer for another key, or a second answer, changes nothing")
    func strayPush() {
        var world = World.at(.delivering)
        let stray = AccessKeyID("AKIASTRAY")
        #expect(world.send(.pushed(target, stray, PushResult(.ok, message: ""))) == Transition())
        world.answer(.push(target, new))
        #expect(world.send(.pushed(target, new, PushResult(.retryable, message: ""))) == Transition())
        #expect(world.state(target) == .confirmed)
    }

    @Test("trouble names the first target that is late, and counts the others")
    func trouble() {
        var world = World.at(.delivering)
        #expect(world.rotation.trouble == nil)
        world.pushResults[World.targets[0]] = PushResult(.notFound, message: "no such repository")
        world.pushResults[World.targets[1]] = PushResult(.unknown, message: "the runner died")
        world.answerAll()
        let trouble = world.rotation.trouble ?? ""
        #expect(trouble.hasPrefix("2 of 3 targets have not confirmed the new key, so the old one stays active: "))
        #expect(trouble.hasSuffix("github:a/c: no such repository (and 1 more)"))
    }
}
