import Foundation
import Testing

@testable import Rotation

@Suite("A target that is left with a dead key")
struct OutageTests {
    private let target = World.targets[1]

    /// A rotation that replaces a leaked key, and that one target has not confirmed.
    private func revoking(atOnce: Bool = true) -> World {
        var world = World.withKey(age: .seconds(60))
        world.send(.resumed)
        world.answerAll()
        world.pushResults[target] = PushResult(.unauthorized, message: "401")
        world.send(.asked(.revoke(atOnce: atOnce)))
        world.roll(to: .delivering)
        world.answerAll()
        return world
    }

    private func skipped(atOnce: Bool = true) -> World {
        var world = revoking(atOnce: atOnce)
        world.send(.asked(.skip(target, reason: "no time")))
        world.answerAll()
        return world
    }

    private func outages(_ world: World) -> [Outage] { world.rotation.outages(world.requirements.targets) }

    @Test("is known while its key is on its way")
    func delivering() {
        #expect(outages(revoking()) == [Outage(key: World.old, isDeleted: false, targets: [target])])
        #expect(outages(revoking(atOnce: false)).isEmpty, "the leaked key lives until all have confirmed")
    }

    @Test("by a skip stays known once the rotation is over, over restarts", arguments: [true, false])
    func remembered(atOnce: Bool) throws {
        var world = skipped(atOnce: atOnce)
        #expect(world.rotation.phase == .idle && world.rotation.leaks.isEmpty)
        let dead = [Outage(key: World.old, isDeleted: true, targets: [target])]
        #expect(outages(world) == dead)
        world.restart()
        #expect(outages(world) == dead)
        let delivery = try #require(world.rotation.deliveries[target])
        #expect(try JSONDecoder().decode(Delivery.self, from: JSONEncoder().encode(delivery)) == delivery)
    }

    @Test("is known in each phase on the way there")
    func noGap() {
        var world = revoking()
        world.send(.asked(.skip(target, reason: "no time")))
        for _ in 0..<60 where world.rotation.phase != .idle {
            #expect(outages(world).map(\.targets) == [[target]], "in \(world.rotation.phase)")
            world.goOn()
        }
        #expect(world.rotation.phase == .idle)
    }

    @Test("holds until it has another key: neither the next rotation nor another skip ends it")
    func untilNextKey() {
        var world = skipped()
        let current = world.rotation.current?.id
        world.send(.asked(.rotate()))
        world.roll(to: .delivering)
        #expect(outages(world) == [Outage(key: World.old, isDeleted: true, targets: [target])])
        world.answerAll()
        var again = world
        again.send(.asked(.skip(target, reason: "still no time")))
        again.roll(to: .idle)
        #expect(outages(again).map(\.key) == [World.old])
        world.pushResults = [:]
        world.roll(to: .overlap)
        #expect(world.state(target) == .confirmed && outages(world).isEmpty)
        #expect(world.rotation.previous?.id == current)
    }

    @Test("counts no more once it is taken out of the configuration")
    func removed() {
        var world = skipped()
        world.requirements.targets.removeAll { $0 == target }
        #expect(outages(world).isEmpty)
    }

    @Test("by a second leak has its own key, and the others have theirs")
    func twoKeys() {
        var world = skipped()
        let current = world.rotation.current?.id
        let other = World.targets[0]
        world.pushResults[other] = PushResult(.unauthorized, message: "401")
        world.send(.asked(.revoke(atOnce: true)))
        world.roll(to: .delivering)
        world.answerAll()
        #expect(
            outages(world).map { [$0.key: $0.targets] } == [[current: [other]], [World.old: [target]]])
    }

    @Test("without a leak is what its operator ordered")
    func withoutLeak() {
        var world = World.at(.delivering)
        world.pushResults[target] = PushResult(.unauthorized, message: "401")
        world.answerAll()
        world.send(.asked(.skip(target, reason: "archived")))
        for _ in 0..<60 where world.rotation.phase != .idle {
            #expect(outages(world).isEmpty)
            world.goOn()
        }
        #expect(world.rotation.phase == .idle && outages(world).isEmpty)
    }

    @Test("is not among those that hold the new key, in what the history says")
    func history() {
        let notes = skipped().notes.filter { $0.kind == .allDelivered }
        #expect(notes.map { $0.detail?.hasPrefix("except those left out (gitlab:a/b); the secret ") } == [true])
        var whole = World.at(.delivering)
        whole.roll(to: .overlap)
        #expect(whole.notes.last { $0.kind == .allDelivered }?.detail?.hasPrefix("the secret ") == true)
    }
}
