import Testing

@testable import Rotation

@Suite("A freeze")
struct FreezeTests {
    /// 2027-01-15T08:00:00Z, a Friday.
    private let friday = Timestamp(milliseconds: 1_800_000_000_000)
    private let hour: Int64 = 3_600

    private func at(_ hours: Int64) -> Timestamp { friday + .seconds(hours * hour) }

    @Test("of a period ends with it, and binds no one before or after")
    func period() {
        let freeze = Freeze.period(from: at(1), to: at(3))
        #expect(freeze.end(at: at(0)) == nil)
        #expect(freeze.end(at: at(1)) == at(3))
        #expect(freeze.end(at: at(2)) == at(3))
        #expect(freeze.end(at: at(3)) == nil)
    }

    @Test("of whole days lasts from midnight to midnight, and days in a row are one")
    func days() {
        let weekend = Policy.frozen(.weekly(days: [6, 7], from: .zero, to: .zero))
        #expect(weekend.thaw(friday) == friday)
        // Saturday, 00:00, is sixteen hours on; Monday, 00:00, sixty-four.
        #expect(weekend.thaw(at(15)) == at(15))
        #expect(weekend.thaw(at(16)) == at(64))
        #expect(weekend.thaw(at(63)) == at(64))
        #expect(weekend.thaw(at(64)) == at(64))
    }

    @Test("over midnight belongs to the day on which it began")
    func overMidnight() {
        let night = Policy.frozen(.weekly(days: [5], from: .seconds(22 * hour), to: .seconds(6 * hour)))
        #expect(night.thaw(at(13)) == at(13))
        #expect(night.thaw(at(14)) == at(22))
        #expect(night.thaw(at(21)) == at(22))
        // The night to Friday is Thursday's.
        #expect(night.thaw(at(-4)) == at(-4))
    }

    @Test("before 1970 follows the same calendar")
    func early() {
        let monday = Policy.frozen(.weekly(days: [1], from: .zero, to: .zero))
        // 1969-12-29 was a Monday.
        let moment = Timestamp(milliseconds: -3 * 86_400_000 + 1)
        #expect(monday.thaw(moment) == Timestamp(milliseconds: -2 * 86_400_000))
    }

    @Test("that never ends is looked at so often and not for ever")
    func endless() {
        let always = Policy.frozen(.weekly(days: [1, 2, 3, 4, 5, 6, 7], from: .zero, to: .zero))
        #expect(always.thaw(friday) > friday + .seconds(86_400 * 365))
    }

    @Test("keeps a rotation from beginning, not from going on, and tells when it can begin")
    func holdsBeginning() {
        var world = World.withKey(
            age: .seconds(90_000),
            policy: Policy.frozen(.period(from: World.start - .seconds(1), to: World.start + .seconds(500))))
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.phase == .idle)
        #expect(!world.touchedIAM)
        #expect(world.rotation.due(at: world.now, policy: world.requirements.policy).at == World.start + .seconds(500))
        world.advance(.seconds(500))
        world.answerAll()
        #expect(world.begun.contains(.createKey))
    }

    @Test("ends early where the key would pass max-age, and not before that")
    func maxAge() {
        var policy = Policy.frozen(.period(from: World.start - .seconds(1), to: World.start + .seconds(500_000)))
        // 24 h, and 1 h each for overlap, soak and the rotation itself: the key is 25 h old.
        policy.maxAge = .seconds(30 * hour)
        var world = World.withKey(age: .seconds(25 * hour), policy: policy)
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.due(at: world.now, policy: policy).at == World.start + .seconds(2 * hour))
        world.advance(.seconds(2 * hour - 1))
        world.answerAll()
        #expect(!world.begun.contains(.createKey))
        world.advance(.seconds(1))
        world.answerAll()
        #expect(world.begun.contains(.createKey))
    }

    @Test("that ends before max-age comes into sight is respected")
    func maxAgeIsFar() {
        var policy = Policy.frozen(.period(from: World.start - .seconds(1), to: World.start + .seconds(500)))
        policy.maxAge = .seconds(90 * 24 * hour)
        var world = World.withKey(age: .seconds(90_000), policy: policy)
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.due(at: world.now, policy: policy).at == World.start + .seconds(500))
    }

    @Test("does not keep an operator or a leak waiting")
    func orders() {
        for request in [Event.Request.rotate, .revoke(atOnce: false)] {
            var world = World.withKey(
                age: .seconds(60),
                policy: Policy.frozen(.period(from: World.start - .seconds(1), to: World.start + .seconds(50_000))))
            world.send(.resumed)
            world.answerAll()
            world.send(.asked(request))
            world.answerAll()
            #expect(world.begun.contains(.createKey))
        }
    }
}

extension Policy {
    fileprivate static func frozen(_ freezes: Freeze...) -> Policy {
        var policy = Policy()
        policy.freezes = freezes
        return policy
    }
}
