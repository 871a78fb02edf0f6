import Testing

@testable import Rotation

@Suite("Revoke, of a key by its ID")
struct RevokeKeyTests {
    static let new = AccessKeyID("AKIANEW1")
    static let another = AccessKeyID("AKIANEW2")
    static let longWaits = Policy(overlap: .seconds(10_800), soak: .seconds(10_800), quiet: .seconds(10_800))
    private let new = Self.new
    private let another = Self.another

    private func idle() -> World {
        var world = World.withKey(age: .seconds(60))
        world.send(.resumed)
        world.answerAll()
        return world
    }

    /// Rolls on, second by second.
    ///
    /// - Parameter restarting: whether each process that switches a key off or deletes one dies before it hears of it.
    private func finish(_ world: inout World, restarting: Bool = false, to phase: Phase = .idle) {
        var lost: Set<Effect> = []
        if restarting { world.restart() }
        for _ in 0..<300 where !(world.rotation.phase == phase && world.pending.isEmpty) {
            if world.pending.isEmpty { world.advance(.seconds(1)) }
            guard let effect = world.pending.first else { continue }
            guard restarting, effect.isLethal, lost.insert(effect).inserted else {
                world.answer(effect)
                continue
            }
            _ = world.perform(effect)
            world.restart()
        }
        #expect(world.rotation.phase == phase)
    }

    // MARK: The current key

    @Test("that is the current one is the order without an ID")
    func current() {
        var world = idle()
        world.send(.asked(.revoke(World.old, atOnce: false)))
        world.roll(to: .delivering)
        #expect(world.keys.first { $0.id == World.old }?.status == .active)
        world.answerAll()
        #expect(world.keys.map(\.id) == [new])
        #expect(world.rotation.leaks.isEmpty)
    }

    @Test(
        "that is the current one of the overlap, at once, is deleted and replaced, and the key before it stays Active",
        arguments: [true, false])
    func currentAtOnceInOverlap(restarting: Bool) {
        var world = World.at(.overlap, policy: Self.longWaits)
        // One target still shows the key before it.
        world.held = [World.targets[0]: World.old]
        let before = world.begun.count
        world.send(.asked(.revoke(new, atOnce: true)))
        finish(&world, restarting: restarting, to: .overlap)
        #expect(world.rotation.current?.id == another)
        #expect(world.keys.map(\.id) == [World.old, another] && world.keys.allSatisfy { $0.status == .active })
        #expect(world.begun[before...].first == .deactivateKey(new))
        #expect(!world.begun[before...].contains { $0 == .deactivateKey(World.old) || $0 == .deleteKey(World.old) })
        #expect(world.rotation.leaks.isEmpty)
        #expect(world.rotation.phase == .overlap)
    }

    @Test("at once waits with the deletion for a listing that was begun before it, and begins none next to it")
    func listingBefore() {
        var world = World.at(.overlap, policy: Self.longWaits)
        world.advance(.seconds(10_800))
        world.answerInspections()
        for _ in 0..<10 where !world.pending.contains(.listKeys) { world.goOn() }
        world.send(.asked(.revoke(new, atOnce: true)))
        world.answer(.deactivateKey(new))
        #expect(!world.pending.contains(.deleteKey(new)))
        world.answer(.listKeys)
        #expect(world.pending == [.deleteKey(new)])
    }

    @Test("at once leaves the key before it alone, also while IAM has not answered yet")
    func previousIsSpared() {
        var world = World.at(.overlap)
        world.send(.asked(.revoke(new, atOnce: true)))
        world.pending.removeAll { $0 == .deactivateKey(new) }
        world.answerAll()
        world.advance(.seconds(10))
        world.answerAll()
        #expect(!world.begun.contains { $0.touches(World.old) })
    }

    // MARK: The previous key

    @Test(
        "that is the previous one goes at once, without overlap, soak and question about its use",
        arguments: [Phase.overlap, .soak, .deleting], [true, false])
    func previous(phase: Phase, restarting: Bool) {
        for isAtOnce in [false, true] {
            var world = World.at(phase, policy: Self.longWaits)
            if phase == .deleting { world.fail(.deleteKey(World.old), .refused) }
            world.uses[World.old] = world.now
            let (start, before) = (world.now, world.begun.count)
            world.send(.asked(.revoke(World.old, atOnce: isAtOnce)))
            finish(&world, restarting: restarting)
            #expect(world.keys.map(\.id) == [new])
            #expect(world.now - start < .seconds(60))
            #expect(!world.begun[before...].contains(.lookUpLastUse(World.old)))
            #expect(world.rotation.leaks.isEmpty && world.rotation.current?.id == new && world.rotation.previous == nil)
        }
    }

    @Test("that is the previous one ends a rollback, and cannot be brought back")
    func rolledBack() {
        var world = World.at(.overlap, policy: Self.longWaits)
        world.send(.asked(.rollback))
        #expect(world.rotation.problem?.code == .rolledBack)
        world.send(.asked(.revoke(World.old, atOnce: false)))
        let transition = world.send(.asked(.rollback))
        #expect(transition.refusals.count == 1)
        finish(&world)
        #expect(world.keys.map(\.id) == [new])
    }

    @Test("that is the previous one is pushed over where a target shows it, and does not come back for that")
    func previousIsHeld() {
        for isAtOnce in [false, true] {
            var world = World.at(.soak, policy: Self.longWaits)
            world.held = [World.targets[0]: World.old]
            world.pushResults[World.targets[0]] = PushResult(.retryable, message: "down")
            world.send(.asked(.revoke(World.old, atOnce: isAtOnce)))
            for _ in 0..<12 { world.goOn() }
            #expect(world.begun.contains(.push(World.targets[0], new)))
            #expect(world.rotation.phase == .overlap && world.rotation.hasOpenDeliveries)
            #expect(world.keys.contains { $0.id == World.old } == !isAtOnce)
            #expect(!world.keys.contains { $0.id == World.old && $0.status == .active })
            world.pushResults = [:]
            world.held = [:]
            world.restart()
            finish(&world)
            #expect(!world.begun.contains(.activateKey(World.old)))
            #expect(world.keys.map(\.id) == [new])
        }
    }

    @Test("that is the previous one, and that a target shows for good, waits for a person; at once, it does not")
    func previousIsHeldForGood() {
        var world = World.at(.overlap, policy: Self.longWaits)
        world.held = [World.targets[0]: World.old]
        world.send(.asked(.revoke(World.old, atOnce: false)))
        for _ in 0..<40 where world.rotation.problem?.code != .drifted { world.goOn() }
        #expect(world.keys.first { $0.id == World.old }?.status == .active)
        #expect(world.rotation.problem?.message.contains("keyturn revoke AKIAOLD --now") == true)
        #expect(world.send(.asked(.revoke(World.old, atOnce: true))).effects.contains(.deactivateKey(World.old)))
        finish(&world)
        #expect(world.keys.map(\.id) == [new])
        #expect(world.rotation.problem == nil)
    }

    @Test(
        "that is the previous one, at once, waits for IAM alone: the pushes go on, and what IAM refuses is tried later")
    func previousIsRefused() {
        var world = World.at(.overlap, policy: Self.longWaits)
        world.send(.asked(.revoke(World.old, atOnce: true)))
        world.fail(.deactivateKey(World.old), .denied)
        #expect(world.rotation.problem?.code == .denied)
        #expect(!world.send(.timePassed).effects.contains(.deactivateKey(World.old)))
        finish(&world, restarting: true)
        #expect(world.keys.map(\.id) == [new] && world.rotation.problem == nil)
    }

    @Test("that is the previous one, is Inactive already, and is shown by a target, is not called Active")
    func inactiveAndHeld() {
        var world = World.at(.soak, policy: Self.longWaits)
        world.held = [World.targets[0]: World.old]
        world.send(.asked(.revoke(World.old, atOnce: false)))
        for _ in 0..<40 where world.rotation.problem?.code != .drifted { world.goOn() }
        let words = "The leaked key AKIAOLD is Inactive, so jobs there fail"
        #expect(world.rotation.problem?.message.contains(words) == true)
        #expect(!world.begun.contains(.activateKey(World.old)))
    }

    @Test("does not complete a rotation whose new key is gone from IAM")
    func successorIsGone() {
        var world = World.at(.overlap, policy: Self.longWaits)
        world.send(.asked(.revoke(World.old, atOnce: true)))
        world.keys.removeAll { $0.id == new }
        for _ in 0..<60 where world.rotation.current?.id != another { world.goOn() }
        finish(&world)
        #expect(world.keys.map(\.id) == [another])
        #expect(!world.begun.contains(.activateKey(World.old)))
    }

    // MARK: The next key

    @Test(
        "that is the next one is deleted and another is made, where no push of it was begun",
        arguments: [true, false], [true, false])
    func nextUnpushed(restarting: Bool, isAtOnce: Bool) {
        var world = World.at(.verifying)
        world.send(.asked(.revoke(new, atOnce: isAtOnce)))
        world.pending.removeAll { $0 == .verifyKey(new) }
        #expect(world.sealedPair == new)
        finish(&world, restarting: restarting, to: .overlap)
        #expect(!world.keys.contains { $0.id == new })
        #expect(world.rotation.current?.id == another && world.rotation.previous?.id == World.old)
        #expect(world.keys.first { $0.id == World.old }?.status == .active)
        #expect(!world.begun.contains { if case .push(_, new) = $0 { true } else { false } })
        #expect(!world.begun.contains { $0.touches(World.old) })
        #expect(world.rotation.leaks.isEmpty)
    }

    @Test("that is the next one, and is not delivered yet because of a restart, is deleted before any push")
    func nextUnpushedInDelivering() {
        var world = World.at(.delivering)
        // As a process that ended before the first push was begun leaves it.
        for target in World.targets { world.rotation.deliveries[target]?.attempts = 0 }
        world.rotation = world.rotation.recorded
        world.pending = []
        world.send(.asked(.revoke(new, atOnce: false)))
        finish(&world, to: .overlap)
        #expect(world.rotation.current?.id == another)
        #expect(!world.keys.contains { $0.id == new })
    }

    @Test(
        "that is the next one is delivered everywhere first where a target may hold it, then replaced",
        arguments: [true, false])
    func nextPushed(restarting: Bool) {
        var world = World.at(.delivering, policy: Self.longWaits)
        world.pushResults[World.targets[0]] = PushResult(.retryable, message: "down")
        world.answerAll()
        world.send(.asked(.revoke(new, atOnce: false)))
        for _ in 0..<20 { world.goOn() }
        #expect(world.rotation.phase == .delivering)
        #expect(world.keys.map(\.id) == [World.old, new] && world.keys.allSatisfy { $0.status == .active })
        #expect(world.rotation.trouble?.contains("keyturn revoke AKIANEW1 --now") == true)
        world.pushResults = [:]
        if restarting { world.restart() }
        for _ in 0..<200 where !(world.rotation.number == 2 && world.rotation.phase == .idle) { world.goOn() }
        #expect(world.keys.map(\.id) == [another])
        #expect(world.rotation.leaks.isEmpty && world.rotation.problem == nil)
    }

    @Test(
        "that is the next one, at once, is deleted though targets hold it: they get another, and the old key is untouched",
        arguments: [true, false])
    func nextPushedAtOnce(restarting: Bool) {
        var world = World.at(.delivering, policy: Self.longWaits)
        world.pushResults[World.targets[0]] = PushResult(.timedOut, message: "who knows")
        world.answerAll()
        world.pushResults = [:]
        let start = world.begun.count
        world.send(.asked(.revoke(new, atOnce: true)))
        #expect(world.begun[start...].first == .deactivateKey(new))
        world.answer(.deactivateKey(new))
        #expect(world.pending.first == .deleteKey(new))
        if !restarting {
            world.answer(.deleteKey(new))
            #expect(world.sealedPair == nil && world.rotation.phase == .creating)
        }
        finish(&world, restarting: restarting, to: .overlap)
        #expect(!world.begun[start...].contains { if case .push(_, new) = $0 { true } else { false } })
        #expect(world.rotation.current?.id == another && world.rotation.previous?.id == World.old)
        #expect(world.rotation.deliveries.values.allSatisfy { $0.state == .confirmed })
        #expect(!world.begun.contains { $0.touches(World.old) })
        #expect(world.keys.map(\.id) == [World.old, another] && world.keys.allSatisfy { $0.status == .active })
        // A push of the deleted key that was given up may have arrived until then.
        #expect(world.now - World.start > Self.longWaits.pushTimeout)
    }

    @Test("that is the next one, and a current one that leaked as well, both go")
    func both() {
        var world = World.at(.delivering, policy: Self.longWaits)
        world.send(.asked(.revoke(World.old, atOnce: false)))
        world.send(.asked(.revoke(new, atOnce: true)))
        world.pending = world.pending.filter { if case .push = $0 { false } else { true } }
        finish(&world)
        #expect(world.keys.map(\.id) == [another])
        #expect(world.rotation.leaks.isEmpty)
    }

    // MARK: A key without a record

    @Test(
        "that keyturn has no record of is deactivated and not deleted, next to another Active key",
        arguments: [true, false])
    func stranger(restarting: Bool) {
        var world = idle()
        let stranger = world.makeKey()
        world.send(.asked(.revoke(stranger.id, atOnce: false)))
        #expect(world.rotation.recorded.leaks.map(\.id) == [stranger.id])
        #expect(world.pending == [.listKeys])
        finish(&world, restarting: restarting)
        for _ in 0..<10 where !world.rotation.leaks.isEmpty { world.goOn() }
        #expect(world.keys.map(\.status) == [.active, .inactive])
        #expect(world.rotation.leaks.isEmpty && world.rotation.number == 0)
        #expect(world.notes.last { $0.kind == .deactivated }?.detail?.contains("delete it in IAM yourself") == true)
        #expect(!world.begun.contains { $0 == .deleteKey(stranger.id) || $0.touches(World.old) })
    }

    @Test("that keyturn has no record of is not deactivated where it is the user's last Active key")
    func lastActive() {
        var world = idle()
        let stranger = world.makeKey()
        world.setStatus(.inactive, of: World.old)
        world.send(.asked(.revoke(stranger.id, atOnce: true)))
        let transition = world.answer(.listKeys)
        #expect(transition.refusals.first?.reason.contains("last Active key") == true)
        #expect(world.rotation.leaks.isEmpty && !world.begun.contains { $0.touches(stranger.id) })
    }

    @Test(
        "of two keys without a record only one is deactivated, also where a late listing shows the first one as Active")
    func bothStrangers() {
        var world = World.withKey(age: .seconds(60))
        let stranger = world.makeKey()
        world.send(.resumed)
        world.answerAll()
        let asListed = Event.keysListed(world.keys)
        world.send(.asked(.revoke(World.old, atOnce: false)))
        world.answerAll()
        #expect(world.keys.map(\.status) == [.inactive, .active])
        world.restart()
        world.answerAll()
        world.send(.asked(.revoke(stranger.id, atOnce: false)))
        let transition = world.answer(.listKeys, with: asListed)
        #expect(transition.refusals.first?.reason.contains("last Active key") == true)
        #expect(world.rotation.leaks.isEmpty && !world.begun.contains { $0.touches(stranger.id) })
    }

    @Test("that IAM does not list is refused, and so is one that keyturn has deleted")
    func unlisted() {
        var world = idle()
        world.send(.asked(.revoke(AccessKeyID("AKIAELSEWHERE"), atOnce: true)))
        #expect(world.answer(.listKeys).refusals.first?.reason.contains("does not list AKIAELSEWHERE") == true)
        #expect(!world.touchedIAM && world.rotation.leaks.isEmpty)
        world = World.at(.overlap)
        world.roll(to: .idle)
        #expect(
            world.send(.asked(.revoke(World.old, atOnce: true))).refusals.first?.reason.contains("dead already") == true
        )
        #expect(world.rotation.leaks.isEmpty)
    }

    @Test("that keyturn has no record of is tried again later where IAM refuses, and not without end")
    func strangerIsRefused() {
        var world = idle()
        let stranger = world.makeKey()
        world.send(.asked(.revoke(stranger.id, atOnce: false)))
        world.answer(.listKeys)
        world.fail(.deactivateKey(stranger.id), .denied)
        #expect(world.rotation.problem?.code == .denied && world.pending.isEmpty)
        #expect(world.send(.timePassed).effects.isEmpty)
        world.restart()
        world.answer(.listKeys)
        world.answer(.deactivateKey(stranger.id))
        #expect(world.keys.last?.status == .inactive && world.rotation.problem == nil)
    }

    @Test("that is the only key of a user that keyturn has never seen is taken over, and replaced")
    func unobserved() {
        var world = World.withKey(age: .seconds(60))
        world.send(.resumed)
        world.pending = []
        world.restart()
        world.send(.asked(.revoke(World.old, atOnce: false)))
        for _ in 0..<60 where !(world.rotation.number == 1 && world.rotation.phase == .idle) { world.goOn() }
        #expect(world.keys.map(\.id) == [new] && world.now - World.start < .seconds(60) && !world.hasNote(.refused))
        #expect(world.rotation.leaks.isEmpty)
    }

    @Test("that is one of two unknown keys leaves the other one, whichever the targets hold")
    func unaccounted() {
        var world = World.withKey(age: .seconds(60))
        let second = world.makeKey()
        world.send(.resumed)
        world.answerAll()
        #expect(world.rotation.problem?.code == .unaccountedKey)
        world.send(.asked(.revoke(second.id, atOnce: false)))
        for _ in 0..<20 where !world.rotation.leaks.isEmpty { world.goOn() }
        #expect(world.keys.map(\.status) == [.active, .inactive])
    }

    // MARK: Said once more

    @Test("at once is not taken back by an order without it")
    func stronger() {
        var world = World.at(.delivering)
        world.answer(world.pending[0])
        world.send(.asked(.revoke(new, atOnce: true)))
        world.send(.asked(.revoke(new, atOnce: false)))
        #expect(world.rotation.leaks == [Leak(new, isAtOnce: true)])
    }
}

extension Effect {
    /// Whether it switches a key off or deletes one.
    var isLethal: Bool {
        switch self {
        case .deactivateKey, .deleteKey: true
        default: false
        }
    }

    /// Whether it changes that key.
    func touches(_ id: AccessKeyID) -> Bool {
        switch self {
        case .deactivateKey(id), .deleteKey(id), .activateKey(id): true
        default: false
        }
    }
}
