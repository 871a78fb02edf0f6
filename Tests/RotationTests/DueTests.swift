import Testing

@testable import Rotation

@Suite("What is due")
struct DueTests {
    @Test("every phase says what comes next, and when")
    func phases() {
        let fresh = World()
        #expect(fresh.due == Due(action: .observe, at: fresh.now))
        let expected: [(Phase, Due.Action, Duration)] = [
            (.creating, .create, .zero), (.verifying, .verify, .zero), (.delivering, .push, .zero),
            (.overlap, .deactivate, .seconds(3600)), (.soak, .delete, .seconds(3600)), (.deleting, .delete, .zero),
            (.idle, .rotate, .zero),
        ]
        for (phase, action, wait) in expected where phase != .idle {
            let world = World.at(phase)
            #expect(world.due == Due(action: action, at: world.now + wait), "\(phase)")
        }
    }

    @Test("an idle key is due at its age, and at once when asked for")
    func idle() {
        var world = World.withKey(age: .seconds(3600))
        world.send(.resumed)
        world.answerAll()
        #expect(world.due == Due(action: .rotate, at: World.start + .seconds(23 * 3600)))
        world.send(.asked(.rotate()))
        #expect(world.due == Due(action: .rotate, at: world.now))
    }

    @Test("a shorter rotate-every counts at once")
    func shorter() {
        var world = World.withKey(age: .seconds(3600))
        world.send(.resumed)
        world.answerAll()
        world.requirements.policy.rotateEvery = .seconds(1800)
        #expect(world.advance(.zero).effects == [.listKeys])
    }

    @Test("spread makes rotations begin earlier by a part that differs by user and rotation, and never later")
    func spread() {
        var policy = Policy(rotateEvery: .seconds(100_000))
        var ages: Set<Duration> = []
        for user in 0..<200 {
            for number in 0..<5 {
                policy.spread = Spread(percent: 10, user: "user-\(user)")
                let age = policy.rotationAge(after: number)
                #expect(age > .seconds(90_000) - .seconds(1) && age <= .seconds(100_000))
                #expect(age == policy.rotationAge(after: number))
                ages.insert(age)
            }
        }
        #expect(ages.count > 990)
        // Each tenth of the window has its share of a thousand.
        let shares = Dictionary(grouping: ages) { ($0 - .seconds(90_000)).milliseconds / 1_000_001 }.mapValues(\.count)
        #expect(shares.count == 10 && shares.values.allSatisfy { (60...140).contains($0) }, "\(shares)")
        policy.spread.percent = 0
        #expect(policy.rotationAge(after: 3) == .seconds(100_000))
        policy.rotateEvery = .seconds(36_525 * 86_400)
        policy.spread.percent = 50
        #expect(policy.rotationAge(after: 3) >= policy.rotateEvery / 2)
    }

    @Test("an Active key older than max-age is found, whichever it is; an Inactive one is none")
    func overAge() {
        var rotation = Rotation(at: World.start)
        var policy = Policy()
        rotation.current = KeyRecord(id: AccessKeyID("AKIANEW"), created: World.start, status: .active)
        rotation.previous = KeyRecord(
            id: AccessKeyID("AKIAOLD"), created: World.start - .seconds(100), status: .active)
        #expect(rotation.overAge(at: World.start + .seconds(1 << 40), policy: policy) == nil)
        policy.maxAge = .seconds(1_000)
        #expect(rotation.overAge(at: World.start + .seconds(899), policy: policy) == nil)
        let old = rotation.overAge(at: World.start + .seconds(900), policy: policy)
        #expect(old?.key == AccessKeyID("AKIAOLD") && old?.since == World.start + .seconds(900))
        rotation.previous?.status = .inactive
        #expect(rotation.overAge(at: World.start + .seconds(999), policy: policy) == nil)
        #expect(rotation.overAge(at: World.start + .seconds(1_000), policy: policy)?.key == AccessKeyID("AKIANEW"))
    }

    @Test("the next push is that of the target that is due first, whatever is still in progress elsewhere")
    func nextPush() {
        var world = World.at(.delivering)
        let new = AccessKeyID("AKIANEW1")
        let result = PushResult(.unauthorized, message: "401")
        world.answer(.push(World.targets[0], new), with: .pushed(World.targets[0], new, result))
        #expect(world.due == Due(action: .push, at: world.now + .seconds(30)))
    }

    @Test("times saturate at the ends of time instead of trapping")
    func saturation() {
        let end = Timestamp(milliseconds: .max)
        #expect(end + .seconds(1) == end)
        #expect(Timestamp(milliseconds: .min) - .seconds(1) == Timestamp(milliseconds: .min))
        #expect((World.start + .milliseconds(1_500)) - World.start == .milliseconds(1_500))
    }

    @Test("the clock may jump in any phase", arguments: Phase.allCases)
    func jumps(phase: Phase) {
        for jump in [Duration.seconds(-10 * 365 * 86_400), .seconds(10 * 365 * 86_400)] {
            var world = World.at(phase == .idle ? .overlap : phase)
            if phase == .idle { world.roll(to: .idle) }
            world.now = world.now + jump
            world.send(.timePassed)
            world.restart()
            world.roll(to: .overlap)
            world.roll(to: .idle)
            #expect(world.keys.count == 1)
        }
    }
}

extension World {
    var due: Due { rotation.due(at: now, policy: requirements.policy) }

    @Test(
        "an order to rotate is refused while the old key is on its way out, and may be given again; with --wait it is seen through",
        arguments: [Phase.overlap, .soak])
    func orderedTwice(phase: Phase) {
        var world = World.at(phase)
        let refusals = world.send(.asked(.rotate())).refusals
        #expect(refusals.count == 1 && refusals.first?.isTemporary == true)
        #expect(world.hasNote(.refused) && !world.rotation.isRequested)
        #expect(world.send(.asked(.rotate(finishes: true))).refusals.isEmpty)
        world.roll(to: .idle)
        #expect(world.rotation.number == 1 && !world.rotation.isRequested)
    }
}
