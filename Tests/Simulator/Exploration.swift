internal import Rotation

/// Every state that one rotation can get into, breadth first over all choices of the world.
struct Exploration {
    /// A bound on memory; an exploration that reaches it says so.
    static let stateLimit = 3_000_000

    private var seen: Set<Int> = []
    private var edge: [ExploredWorld] = []
    private(set) var ends = 0
    private(set) var violation: String?
    var states: Int { seen.count }
    var isComplete: Bool { edge.isEmpty && violation == nil }

    mutating func run(crashes: Int, failures: Int) {
        add(ExploredWorld(crashes: crashes, failures: failures))
        while !edge.isEmpty, violation == nil, seen.count < Self.stateLimit {
            let worlds = edge
            edge = []
            for world in worlds where violation == nil {
                if world.isHome { ends += 1 } else { expand(world) }
            }
        }
    }

    private mutating func add(_ world: ExploredWorld) {
        // 64 bits of hash distinguish a few million states apart.
        guard seen.insert(world.hashValue).inserted else { return }
        if let found = world.violation { violation = "\(found) in \(world.rotation.phase)" }
        edge.append(world)
    }

    private mutating func expand(_ world: ExploredWorld) {
        if world.pending.isEmpty {
            var next = world
            next.pass()
            add(next)
        }
        for effect in world.pending { expand(world, effect) }
        if world.crashes > 0 { expandCrashes(world) }
        if seen.count % 64 == 0 { checkWayHome(world) }
    }

    private mutating func expand(_ world: ExploredWorld, _ effect: Effect) {
        var good = world
        good.pending.remove(effect)
        good.send(good.land(effect))
        add(good)
        guard world.failures > 0 else { return }
        for (lands, event) in Self.failures(of: effect) {
            var bad = world
            bad.failures -= 1
            bad.pending.remove(effect)
            if lands { _ = bad.land(effect) }
            bad.send(event)
            add(bad)
        }
    }

    /// Of the calls in progress, any may have been carried out.
    private mutating func expandCrashes(_ world: ExploredWorld) {
        let pending = Array(world.pending)
        for chosen in 0..<(1 << min(pending.count, 4)) {
            var next = world
            next.crashes -= 1
            for (index, effect) in pending.enumerated() where chosen >> index & 1 == 1 { _ = next.land(effect) }
            next.restart()
            add(next)
        }
    }

    /// How an effect can go wrong: whether it is carried out, and what is reported.
    private static func failures(of effect: Effect) -> [(Bool, Event)] {
        switch effect {
        case .push(let target, let id):
            let unknown = Event.pushed(target, id, PushResult(.unknown, message: "no answer"))
            let pause = PushResult(.rateLimited, retryAfter: .seconds(60), message: "slow down")
            return [
                (true, unknown), (false, unknown), (false, .pushed(target, id, pause)),
                (false, .pushed(target, id, PushResult(.unauthorized, message: "no"))),
            ]
        case .verifyKey(let id): return [(false, .keyNotVerified(id, "not yet"))]
        case .inspect(let target): return [(false, .inspected(target, TargetInspection(.unsupported)))]
        case .check(let target): return [(false, .checked(target, nil)), (true, .checked(target, "refused"))]
        case .listKeys, .createKey, .activateKey, .deactivateKey, .deleteKey, .lookUpLastUse:
            let lost = Event.failed(effect, Failure(.lost, "no answer"))
            return [(true, lost), (false, lost), (false, .failed(effect, Failure(.refused, "no")))]
        }
    }

    /// From a sample of the states: once faults stop, it ends by itself.
    private mutating func checkWayHome(_ world: ExploredWorld) {
        var world = world
        for _ in 0..<300 where !world.isHome && world.violation == nil {
            // Any order will do; one that does not depend on the set's is repeatable.
            if let effect = world.pending.min(by: { "\($0)" < "\($1)" }) {
                world.pending.remove(effect)
                world.send(world.land(effect))
            } else {
                world.pass()
            }
        }
        if !world.isHome { violation = "(f) no way home from \(world.rotation.phase)" }
    }
}
