import Testing

@testable import Rotation

@Suite("With `retain-secret: current`")
struct RetainingTests {
    private let late = TargetName("github:a/late")

    /// A user whose rotation is complete, and whose pair is kept.
    private func idle(retaining: Bool = true) -> World {
        var policy = Policy(overlap: .seconds(60), soak: .seconds(60))
        policy.retainSecret = retaining ? .current : .none
        var world = World.at(.delivering, policy: policy)
        world.roll(to: .idle)
        return world
    }

    @Test("the pair stays sealed after the last delivery, and without it is wiped")
    func keeps() {
        let world = idle()
        #expect(world.sealedPair == world.rotation.current?.id && world.rotation.retained == world.sealedPair)
        #expect(idle(retaining: false).sealedPair == nil)
    }

    @Test("a target that is added gets the current key, once IAM has shown that it is still there")
    func added() throws {
        var world = idle()
        let key = try #require(world.rotation.current?.id)
        world.requirements.targets.append(late)
        #expect(world.rotation.lacksTargets(world.requirements))
        world.send(.timePassed)
        #expect(world.pending == [.listKeys] && world.rotation.phase == .delivering)
        world.answer(.listKeys)
        #expect(world.pending == [.push(late, key)])
        world.answer(.push(late, key))
        #expect(world.rotation.phase == .idle && world.rotation.current?.id == key && world.rotation.number == 1)
        #expect(world.rotation.deliveries[late]?.state == .confirmed && world.sealedPair == key)
        #expect(!world.rotation.lacksTargets(world.requirements))
    }

    @Test("a target that was taken out by an operator's skip is not pushed to")
    func skipped() {
        var world = idle()
        world.requirements.targets.append(late)
        world.send(.timePassed)
        world.answer(.listKeys)
        world.send(.asked(.skip(late, reason: "not yet")))
        #expect(world.rotation.phase == .idle && !world.rotation.lacksTargets(world.requirements))
    }

    @Test("the next rotation's pair takes the place of the kept one")
    func replaced() throws {
        var world = idle()
        let old = try #require(world.rotation.current?.id)
        world.send(.asked(.rotate()))
        world.roll(to: .verifying)
        #expect(
            world.sealedPair == world.rotation.next?.id && world.sealedPair != old && world.rotation.retained == nil)
    }

    @Test("an operator who switches it off has the pair wiped at the next step")
    func switchedOff() {
        var world = idle()
        world.requirements.policy.retainSecret = .none
        #expect(world.send(.timePassed).wipesPair)
        #expect(world.sealedPair == nil && world.rotation.retained == nil)
    }

    @Test("a leak does not wait for a target that is being added")
    func revoked() throws {
        var world = idle()
        let key = try #require(world.rotation.current?.id)
        world.requirements.targets.append(late)
        world.send(.timePassed)
        world.send(.asked(.revoke(atOnce: false)))
        #expect(
            world.rotation.leaks.map(\.id) == [key] && world.rotation.current?.id == key
                && world.rotation.phase == .idle)
        world.roll(to: .delivering)
        #expect(world.rotation.deliveries.keys.contains(late))
    }

    @Test("a rotation that is due comes first")
    func due() {
        var world = idle()
        world.requirements.targets.append(late)
        world.now = world.now + .seconds(48 * 3_600)
        world.send(.timePassed)
        #expect(world.rotation.phase == .idle && world.pending == [.listKeys])
    }
}
