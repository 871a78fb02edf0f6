import Testing

@testable import Rotation

/// What must hold after every step of a walk.
extension Walk {
    /// Whether an effect may be asked for in this state.
    mutating func check(_ effect: Effect) {
        switch effect {
        case .createKey:
            if isCreationUncertain { broken.append("CreateAccessKey again, without a listing after the last") }
            isCreationUncertain = true
        case .push(let target, let id):
            if id != world.rotation.deliveringKey?.id { broken.append("pushes \(id), which is not the new key") }
            if world.rotation.deliveries[target]?.isSettled != false { broken.append("pushes to \(target) again") }
            if world.sealedPair != id { broken.append("pushes a pair that was wiped") }
        case .verifyKey(let id):
            if world.sealedPair != id { broken.append("verifies a pair that was wiped") }
        case .deactivateKey, .deleteKey: checkRetiring(effect)
        case .activateKey(let id):
            if !own.contains(id) { broken.append("activates a key that is not keyturn's") }
        case .listKeys, .lookUpLastUse, .inspect, .check: break
        }
    }

    private mutating func checkRetiring(_ effect: Effect) {
        guard let id = effect.retired else { return }
        if !own.contains(id) { broken.append("\(effect) is about a key that is not keyturn's") }
        if id == world.rotation.current?.id { broken.append("\(effect) is about the key that the targets hold") }
        guard world.rotation.phase != .creating else { return }
        for (target, delivery) in world.rotation.deliveries where delivery.state != .skipped {
            if delivery.state != .confirmed { broken.append("\(effect) while \(target) is \(delivery.state)") }
            if held[target] == id { broken.append("\(effect) while \(target) holds that key") }
        }
    }

    /// Whether an effect may really happen in the world as it is.
    mutating func checkDoing(_ effect: Effect) {
        guard let id = effect.retired, world.keys.contains(where: { $0.id == id && $0.status == .active }) else {
            return
        }
        if !world.keys.contains(where: { $0.id != id && $0.status == .active }) {
            broken.append("\(effect) takes the last Active key")
        }
    }

    mutating func checkState() {
        let rotation = world.rotation
        if world.keys.count > 2 { broken.append("there are \(world.keys.count) keys") }
        if rotation.creations.count > 8 { broken.append("\(rotation.creations.count) creations are kept") }
        switch rotation.phase {
        case .verifying, .delivering:
            if world.sealedPair != rotation.next?.id { broken.append("the new key's pair is not kept") }
        case .overlap, .soak, .deleting:
            if let kept = world.sealedPair, kept != rotation.current?.id {
                broken.append("the pair of \(kept) is kept")
            }
        case .idle:
            if world.sealedPair != nil { broken.append("a pair is kept in idle") }
            let isOpen = rotation.deliveries.values.contains { !$0.isSettled }
            if isOpen { broken.append("idle with an open delivery") }
        case .creating: if world.sealedPair != nil { broken.append("a pair is kept in creating") }
        }
    }

    /// People and services behave from now on: the rotation must find its way home.
    mutating func comeHome() {
        world.keys.removeAll { !own.contains($0.id) }
        world.requirements.targets = World.targets
        late = []
        isKind = true
        crash()
        for round in 0..<2 {
            for _ in 0..<2_000 where world.rotation.phase != .idle || !world.pending.isEmpty {
                // What was left out for a while may hold the old key, and only a person can say that this is well.
                for target in World.targets where world.rotation.problem?.code == .unaccountedKey {
                    send(.asked(.skip(target, reason: "it waits for the next rotation")))
                }
                if world.pending.isEmpty {
                    world.now = max(world.due.at, world.now)
                    send(.timePassed)
                } else {
                    answer()
                }
            }
            if round == 0 { send(.asked(.rotate())) }
        }
    }
}

extension Effect {
    /// The key that the effect switches off or deletes.
    var retired: AccessKeyID? {
        switch self {
        case .deactivateKey(let id), .deleteKey(let id): id
        default: nil
        }
    }
}
