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

    @Test("keeps a rotation from beginning, not from going on, and says when it can begin")
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

    @Test("does not keep a leak, or an operator who orders despite it, waiting")
    func orders() {
        for request in [Event.Request.rotate(despiteFreeze: true), .revoke(atOnce: false)] {
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

    private let frozen = Policy.frozen(
        .period(from: World.start - .seconds(1), to: World.start + .seconds(50_000)))

    @Test("refuses an order that would begin a rotation, until it ends; it may be given again then")
    func refusesOrder() throws {
        for finishes in [false, true] {
            var world = World.withKey(age: .seconds(60), policy: frozen)
            world.send(.resumed)
            world.answerAll()
            let refusal = try #require(world.send(.asked(.rotate(finishes: finishes))).refusals.first)
            #expect(refusal.isTemporary && refusal.reason.contains("before 2027-01-15T21:53:20Z"))
            #expect(world.hasNote(.refused) && !world.rotation.isRequested)
            #expect(!world.begun.contains(.createKey))
            world.now = World.start + .seconds(50_000)
            #expect(world.send(.asked(.rotate(finishes: finishes))).refusals.isEmpty)
        }
    }

    @Test("does not refuse an order to a rotation that is in progress, nor one that was taken before")
    func inProgress() {
        var world = World.at(.delivering)
        world.requirements.policy = frozen
        #expect(world.send(.asked(.rotate())).refusals.isEmpty)
        var asked = World.withKey(age: .seconds(60))
        asked.send(.resumed)
        asked.answerAll()
        asked.send(.asked(.rotate()))
        asked.requirements.policy = frozen
        #expect(asked.send(.asked(.rotate())).refusals.isEmpty)
    }

    @Test("with a max-age that it would break refuses no order")
    func refusesNotBeyondMaxAge() {
        var policy = frozen
        policy.maxAge = .seconds(30 * hour)
        var world = World.withKey(age: .seconds(28 * hour), policy: policy)
        world.rotation.current = KeyRecord(world.keys[0])
        #expect(world.rotation.frozenUntil(world.now, policy) == nil)
        world.send(.asked(.rotate()))
        #expect(!world.hasNote(.refused))
    }

    @Test("holds a key that keyturn sees for the first time, and not a user's first key")
    func firstSight() {
        var world = World.withKey(age: .seconds(90_000), policy: frozen)
        world.send(.resumed)
        #expect(world.send(.asked(.rotate())).refusals.isEmpty)
        #expect(world.answer(.listKeys).refusals.map(\.isTemporary) == [true])
        #expect(!world.begun.contains(.createKey) && !world.rotation.isRequested)
        var bare = World(policy: frozen)
        bare.send(.resumed)
        bare.send(.asked(.rotate()))
        #expect(bare.answer(.listKeys).refusals.isEmpty)
        bare.answerAll()
        #expect(bare.begun.contains(.createKey))
    }

    @Test("ends at a time that is written as services write it")
    func text() {
        for text in ["2027-01-15T08:00:00Z", "2024-02-29T23:59:59Z", "2000-03-01T00:00:00Z", "1969-12-31T23:59:58Z"] {
            #expect(Timestamp(rfc3339: text)?.rfc3339 == text)
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
