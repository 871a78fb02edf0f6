import Testing

@testable import Rotation

/// A confirmation is believed until the next step that cannot be taken back, not longer.
@Suite("A look before the old key goes")
struct LookingTests {
    private let target = World.targets[1]
    private let new = AccessKeyID("AKIANEW1")

    /// A rotation in that phase, whose targets show the new key, one value each where wanted.
    private func world(_ phase: Phase, oneValue: Bool = false, policy: Policy = World.unasked) -> World {
        var world = World.at(phase, policy: policy)
        if oneValue { world.requirements.oneValue = Set(World.targets) }
        for target in World.targets { world.held[target] = new }
        world.looksAtOnce = false
        return world
    }

    /// The pusher writes what it is given, unless someone puts the old value back at once.
    private func push(_ world: inout World, isPutBack: Bool = false) {
        if !isPutBack { world.held[target] = new }
        world.answer(.push(target, new))
    }

    @Test("is taken by every target at the end of the overlap and of the soak, before IAM is asked")
    func asked() {
        var world = world(.overlap)
        #expect(world.advance(.seconds(3_600)).effects == World.targets.map { .inspect($0) })
        #expect(world.answerInspections().effects == [.listKeys])
        world.answerAll()
        #expect(world.rotation.phase == .soak)
        world.requirements.policy.lookEvery = .zero
        #expect(world.advance(.seconds(3_600)).effects == World.targets.map { .inspect($0) })
        #expect(world.answerInspections().effects == [.listKeys])
        world.answerAll()
        #expect(world.rotation.phase == .idle)
    }

    @Test("finds the old key in overlap: it is pushed again with the same pair, and the overlap begins again")
    func oldKeyInOverlap() {
        var world = world(.overlap)
        world.held[target] = World.old
        world.advance(.seconds(3_600))
        #expect(world.answerInspections().effects == [.listKeys])
        #expect(world.rotation.deliveries[target]?.drift?.kind == .oldKey)
        #expect(world.answer(.listKeys).effects == [.push(target, new)])
        #expect(world.rotation.phase == .overlap && world.state(target) == .pending)
        push(&world)
        #expect(world.state(target) == .confirmed && world.rotation.deliveries[target]?.drift == nil)
        #expect(world.rotation.phaseSince == world.now && world.rotation.problem == nil)
        world.looksAtOnce = true
        world.roll(to: .idle)
        #expect(world.rotation.current?.id == new && world.sealedPair == nil)
    }

    @Test("knows the old key by its end, where a service shows no more of it")
    func endOfTheOldKey() {
        var world = world(.overlap)
        world.held[target] = nil
        world.showing[target] = .end("AOLD")
        #expect(World.old.rawValue.hasSuffix("AOLD"))
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.deliveries[target]?.drift?.kind == .oldKey)
        #expect(world.rotation.deliveries[target]?.drift?.key == World.old)
        #expect(world.answer(.listKeys).effects == [.push(target, new)])
    }

    @Test(
        "takes the end of the new key for the new key, and an end that no key has for a stranger's",
        arguments: [("NEW1", nil), ("ELSE", Drift.Kind.unknownKey)])
    func otherEnds(end: String, drift: Drift.Kind?) {
        var world = world(.overlap)
        world.held[target] = nil
        world.showing[target] = .end(end)
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.deliveries[target]?.drift?.kind == drift)
        world.answerAll()
        #expect(world.rotation.phase == .soak)
    }

    @Test("says nothing by an end that several keys have: then only a time of writing can")
    func commonEnd() {
        // Every key has the empty one.
        let seen = TargetInspection(.end(""), changedAt: Timestamp(milliseconds: 1))
        let recognized = world(.overlap).rotation.recognized(seen)
        #expect(recognized == TargetInspection(.unreadable, changedAt: seen.changedAt))
    }

    @Test(
        "finds the old key again after the second push: drifted, once for two values, thrice for one",
        arguments: [false, true])
    func drifted(oneValue: Bool) {
        var world = world(.overlap, oneValue: oneValue)
        world.held[target] = World.old
        for _ in 0..<(oneValue ? 3 : 1) {
            world.advance(.seconds(3_600))
            world.answerInspections()
            // Counted over restarts.
            world.restart()
            world.answer(.listKeys)
            push(&world, isPutBack: true)
            #expect(world.rotation.problem == nil)
        }
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.problem?.code == .drifted && world.rotation.problem?.needsPerson == true)
        #expect(world.rotation.problem?.message.contains("\(target)") == true)
        for _ in 0..<20 {
            world.advance(.seconds(300))
            world.answerInspections()
        }
        #expect(world.rotation.phase == .overlap && world.rotation.previous?.status == .active)
        #expect(!world.begun.contains(.deactivateKey(World.old)))
    }

    @Test("ends `drifted` by itself once the target shows the new key, with an overlap from then on")
    func driftOver() {
        var world = world(.overlap, policy: World.unasked)
        world.requirements.policy.retainSecret = .none
        world.held[target] = World.old
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.problem?.code == .drifted)
        #expect(
            !world.begun.contains { $0 == .push(target, new) && world.rotation.deliveries[target]?.pushedAgain == 1 })
        world.held[target] = new
        world.advance(.seconds(300))
        world.answerInspections()
        #expect(world.rotation.problem == nil && world.rotation.phaseSince == world.now)
        #expect(world.notes.contains { $0.kind == .driftOver && $0.target == target })
    }

    @Test("finds the old key in soak: it is made Active, the target is pushed again, and the overlap begins again")
    func oldKeyInSoak() {
        var world = world(.soak)
        world.held[target] = World.old
        // Not only at the end: jobs fail there meanwhile.
        world.advance(.seconds(900))
        world.answerInspections()
        #expect(world.pending == [.activateKey(World.old)])
        #expect(world.answer(.activateKey(World.old)).effects == [.listKeys])
        #expect(world.rotation.phase == .overlap && world.keys.first?.status == .active)
        world.answer(.listKeys)
        push(&world)
        world.looksAtOnce = true
        world.roll(to: .idle)
        #expect(world.keys.map(\.id) == [new])
    }

    @Test("finds the old key before the deletion, also after a crash between the two")
    func oldKeyBeforeDeletion() {
        var world = world(.deleting)
        world.held[target] = World.old
        world.restart()
        world.answerInspections()
        #expect(world.pending == [.activateKey(World.old)])
        world.restart()
        world.answer(.activateKey(World.old))
        #expect(world.rotation.phase == .overlap && world.state(target) == .pending)
    }

    @Test("does not bring a leaked key back: the target is pushed again, and the key dies")
    func leaked() {
        var world = world(.overlap, oneValue: true)
        world.looksAtOnce = true
        world.roll(to: .idle)
        for target in World.targets { world.held[target] = AccessKeyID("AKIANEW2") }
        world.held[target] = new
        world.send(.asked(.revoke(atOnce: false)))
        world.roll(to: .overlap)
        let newest = world.rotation.current?.id ?? World.old
        #expect(world.state(target) == .pending && world.rotation.previous?.status == .active)
        world.held[target] = newest
        world.looksAtOnce = false
        world.roll(to: .soak)
        world.held[target] = new
        world.answerInspections()
        #expect(world.rotation.phase == .overlap && world.state(target) == .pending)
        world.held[target] = newest
        world.looksAtOnce = true
        world.roll(to: .idle)
        #expect(!world.begun.contains { if case .activateKey = $0 { true } else { false } })
        #expect(world.keys.map(\.id) == [newest])
    }

    @Test("takes a write after keyturn's own for drift where no key can be read; a second one stops the user")
    func laterWrite() {
        var world = world(.delivering)
        world.pushResults[target] = PushResult(.ok, evidence: .timestamp, changedAt: world.now, message: "written")
        let written = world.now
        world.looksAtOnce = true
        world.answerAll()
        world.looksAtOnce = false
        world.held[target] = nil
        world.showing[target] = .unreadable
        // What the push itself took is within the tolerance.
        world.writtenAt[target] = written + .seconds(60)
        world.advance(.seconds(3_600))
        #expect(world.answerInspections().effects == [.listKeys])
        #expect(world.rotation.deliveries[target]?.drift == nil)
        world.restart()
        world.writtenAt[target] = written + .seconds(61)
        world.answerInspections()
        world.answer(.listKeys)
        world.pushResults[target]?.changedAt = written + .seconds(7_000)
        world.answer(.push(target, new))
        #expect(world.rotation.deliveries[target]?.changedAt == written + .seconds(7_000))
        world.writtenAt[target] = written + .seconds(7_100)
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.problem?.code == .drifted)
    }

    @Test("takes a key that could be read and cannot be read any more for drift")
    func unreadable() {
        var world = world(.overlap)
        world.held[target] = nil
        world.showing[target] = .unreadable
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.deliveries[target]?.drift?.kind == .unreadable && world.state(target) == .pending)
    }

    @Test("reports an unknown key, and neither overwrites it nor keeps the old key for it")
    func unknownKey() {
        var world = world(.overlap)
        world.held[target] = AccessKeyID("AKIAFOREIGN")
        world.advance(.seconds(3_600))
        #expect(world.answerInspections().effects == [.listKeys])
        #expect(world.rotation.deliveries[target]?.drift?.kind == .unknownKey)
        #expect(world.notes.contains { $0.kind == .driftSeen && $0.target == target })
        world.looksAtOnce = true
        world.roll(to: .idle)
        #expect(world.rotation.deliveries[target]?.drift?.kind == .unknownKey)
    }

    @Test("pushes again where a key is that keyturn has deleted in an earlier rotation")
    func deletedKey() {
        var world = world(.overlap)
        world.looksAtOnce = true
        world.roll(to: .idle)
        world.send(.asked(.rotate()))
        world.roll(to: .overlap)
        world.looksAtOnce = false
        for target in World.targets { world.held[target] = world.rotation.current?.id }
        world.held[target] = World.old
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.deliveries[target]?.drift?.kind == .deletedKey && world.state(target) == .pending)
    }

    @Test("believes an empty place a minute later, not at once")
    func empty() {
        var world = world(.overlap)
        world.held[target] = nil
        world.showing[target] = .nothing
        world.advance(.seconds(3_600))
        #expect(world.answerInspections().effects.isEmpty)
        #expect(world.rotation.deliveries[target]?.drift?.kind == .noKey)
        #expect(world.advance(.seconds(60)).effects == World.targets.map { .inspect($0) })
        #expect(world.answerInspections().effects == [.listKeys])
    }

    @Test("keeps the old key while a target cannot be asked, and not for one that cannot be read by nature")
    func cannotBeAsked() {
        var world = world(.overlap)
        world.speechless = [target]
        world.held[World.targets[0]] = nil
        world.advance(.seconds(3_600))
        // It is asked for a minute before that is a problem: most of it passes.
        for wait in [1, 2, 4, 8, 16, 32] {
            world.answerInspections()
            #expect(world.rotation.problem == nil && world.rotation.isAskingAgain)
            #expect(world.advance(.seconds(wait)).effects == World.targets.map { .inspect($0) })
        }
        world.answerInspections()
        #expect(world.rotation.problem?.code == .targetUnreadable)
        #expect(world.rotation.problem?.message.contains("\(target)") == true)
        world.speechless = []
        world.advance(.seconds(64))
        #expect(world.answerInspections().effects == [.listKeys])
        world.answerAll()
        #expect(world.rotation.phase == .soak && world.rotation.problem == nil)
    }

    @Test("is taken again after whatever waits: what was seen before says nothing about now")
    func stale() {
        var world = world(.overlap)
        world.advance(.seconds(3_600))
        world.answerInspections()
        world.fail(.listKeys, .unreachable)
        world.held[target] = World.old
        #expect(world.advance(.seconds(900)).effects == World.targets.map { .inspect($0) })
        world.answerInspections()
        #expect(world.rotation.deliveries[target]?.drift?.kind == .oldKey)
    }

    @Test("goes on without a target that an operator leaves out, and asks the others again")
    func skipped() {
        var world = world(.overlap)
        world.requirements.policy.retainSecret = .none
        world.held[target] = World.old
        world.advance(.seconds(3_600))
        world.answerInspections()
        #expect(world.rotation.problem?.code == .drifted)
        let effects = world.send(.asked(.skip(target, reason: "archived"))).effects
        #expect(effects == [.inspect(World.targets[0]), .inspect(World.targets[2])])
        world.answerAll()
        #expect(world.rotation.phase == .soak)
    }

    @Test("is ordered by `retry`, which pushes what has drifted once more")
    func retried() {
        var world = world(.overlap)
        world.held[target] = World.old
        for _ in 0..<2 {
            world.advance(.seconds(3_600))
            world.answerInspections()
            guard world.pending.contains(.listKeys) else { break }
            world.answer(.listKeys)
            push(&world, isPutBack: true)
        }
        #expect(world.rotation.problem?.code == .drifted)
        world.send(.asked(.retry))
        #expect(world.rotation.problem == nil)
        if world.pending.contains(.listKeys) { world.answer(.listKeys) }
        #expect(world.pending.contains(.push(target, new)))
    }
}
