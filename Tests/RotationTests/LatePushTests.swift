import Testing

@testable import Rotation

@Suite("Pushes that may still arrive, and half-written targets")
struct LatePushTests {
    let target = World.targets[0]
    let timedOut = PushResult(.timedOut, mayHaveWritten: true, message: "no answer in time")

    /// A first key, delivered at the second try to one target: the first one timed out.
    private func firstKey() -> World {
        var world = World()
        world.send(.resumed)
        world.pushResults[target] = timedOut
        world.roll(to: .delivering)
        world.answerAll()
        world.pushResults = [:]
        world.roll(to: .idle)
        return world
    }

    @Test("of the key before hold the next key's push to that target, and to no other, until they cannot")
    func holds() {
        var world = firstKey()
        let delivered = world.now
        world.send(.asked(.rotate()))
        world.roll(to: .delivering)
        let next = world.rotation.next.map(\.id) ?? World.old
        world.answerAll()
        #expect(world.rotation.deliveries[target]?.state == .pending)
        #expect(world.rotation.deliveries[World.targets[1]]?.state == .confirmed)
        _ = world.retake()
        world.send(.asked(.retry))
        #expect(!world.pending.contains(.push(target, next)))
        #expect(world.due.at == delivered + .seconds(90))
        world.now = delivered + .seconds(90)
        #expect(world.send(.timePassed).pushes == [.push(target, next)])
        world.roll(to: .idle)
    }

    @Test("hold nothing where every push was confirmed at once, or long ago")
    func holdsNothing() {
        for isLongAgo in [true, false] {
            var world = isLongAgo ? firstKey() : World.at(.idle)
            if isLongAgo { world.now = world.now + .seconds(90) }
            world.send(.asked(.rotate()))
            world.roll(to: .delivering)
            #expect(world.pending.count == 3)
        }
    }

    @Test("hold no longer than they can after the clock was set back")
    func clockSetBack() {
        var world = firstKey()
        world.send(.asked(.rotate()))
        world.roll(to: .delivering)
        world.now = world.now - .seconds(86_400)
        world.restart()
        #expect(world.due.at <= world.now + .seconds(90))
    }

    @Test("a push that may have written something makes its target torn, until one is confirmed")
    func torn() {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(.retryable, mayHaveWritten: true, message: "between the two")
        world.answerAll()
        #expect(world.rotation.deliveries[target]?.mayBeTorn == true)
        #expect(world.rotation.deliveries[World.targets[1]]?.mayBeTorn == false)
        world.pushResults[target] = PushResult(.unauthorized, message: "no")
        world.restart()
        world.answerAll()
        #expect(world.rotation.deliveries[target]?.mayBeTorn == true)
        world.pushResults = [:]
        world.roll(to: .overlap)
        #expect(world.rotation.deliveries[target]?.mayBeTorn == false)
    }

    @Test("a push that was refused before anything was written leaves its target whole")
    func whole() {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(.unauthorized, message: "no")
        world.answerAll()
        #expect(world.rotation.deliveries[target]?.mayBeTorn == false)
    }

    @Test("a push whose process died makes its target torn; one that had ended does not")
    func died() {
        var world = World.at(.delivering)
        let next = world.rotation.next.map(\.id) ?? World.old
        world.answer(.push(target, next), with: .pushed(target, next, PushResult(.unauthorized, message: "no")))
        world.restart()
        #expect(world.rotation.deliveries[target]?.mayBeTorn == false)
        #expect(world.rotation.deliveries[World.targets[1]]?.mayBeTorn == true)
    }

    @Test("a target with one value for the whole pair is never torn, whatever happened to its push")
    func oneValue() {
        var world = World.at(.delivering)
        world.requirements.oneValue = [target]
        world.pushResults = Dictionary(uniqueKeysWithValues: World.targets.map { ($0, timedOut) })
        world.answerAll()
        #expect(
            world.rotation.deliveries.filter(\.value.mayBeTorn).keys.sorted() == World.targets.filter { $0 != target })
        world.restart()
        world.restart()
        #expect(world.rotation.deliveries[target]?.mayBeTorn == false)
        #expect(world.rotation.deliveries[World.targets[1]]?.mayBeTorn == true)
    }

    @Test("half-written targets are pushed before the others")
    func order() {
        var world = World.at(.delivering)
        let next = world.rotation.next.map(\.id) ?? World.old
        for target in World.targets {
            let isLast = target == World.targets[2]
            let result = PushResult(.retryable, mayHaveWritten: isLast, message: "down")
            world.answer(.push(target, next), with: .pushed(target, next, result))
        }
        #expect(world.retake().pushes.first == .push(World.targets[2], next))
    }

    @Test("a target that was skipped half-written is still torn in the next rotation, and pushed first")
    func skippedTorn() {
        var world = World.at(.delivering)
        let last = World.targets[2]
        world.pushResults[last] = PushResult(.unauthorized, mayHaveWritten: true, message: "between the two")
        world.answerAll()
        world.send(.asked(.skip(last, reason: "later")))
        world.pushResults = [:]
        world.roll(to: .idle)
        #expect(world.rotation.deliveries[last]?.mayBeTorn == true)
        world.send(.asked(.rotate()))
        world.roll(to: .delivering)
        #expect(world.pending.first == .push(last, world.rotation.next.map(\.id) ?? World.old))
    }

    /// Until when the next key is not pushed, were it made now.
    private func hold(of world: World) throws -> Timestamp? {
        try #require(world.rotation.deliveries[target]).successor(world.now, world.requirements.policy).heldUntil
    }

    /// The same, where a push of the key before it ended so, and the target was left out.
    private func wait(after results: [PushResult]) throws -> Timestamp? {
        var world = World.at(.delivering)
        for result in results {
            world.pushResults[target] = result
            world.send(.asked(.retry))
            world.answerAll()
        }
        world.send(.asked(.skip(target, reason: "down")))
        return try hold(of: world)
    }

    @Test(
        "that were refused, or never sent, delay no other: a leaked key dies sooner",
        arguments: [PushResult.Outcome.retryable, .unauthorized, .rateLimited, .notFound, .internal])
    func refused(_ outcome: PushResult.Outcome) throws {
        let result = PushResult(outcome, message: "no")
        #expect(try wait(after: [result]) == nil && wait(after: [result, result]) == nil)
    }

    @Test("whose end is not known, or that may have written, are waited for, whatever came before or after")
    func unanswered() throws {
        let refused = PushResult(.unauthorized, message: "401")
        for result in [
            PushResult(.unknown, message: "lost"), PushResult(.timedOut, message: "late"),
            PushResult(.cancelled, message: "stopped"), PushResult(.retryable, mayHaveWritten: true, message: "500"),
        ] {
            #expect(try wait(after: [result]) != nil)
            #expect(try wait(after: [result, refused]) != nil)
            #expect(try wait(after: [refused, result]) != nil)
        }
    }

    @Test("whose process ended before them are waited for")
    func crash() throws {
        var world = World.at(.delivering)
        world.restart()
        #expect(try hold(of: world) == world.now + .seconds(90))
    }
}
