import Testing

@testable import Rotation

/// A small generator of pseudo-random numbers (SplitMix64), so that a walk can be walked again by its seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// A random walk of one rotation through failures, lost answers, crashes and meddling, with the promise checked at each
/// step.
///
/// People meddle whenever no deactivation or deletion is in progress: that they come between a listing and the call that
/// it led to, no one can rule out.
struct Walk {
    var world: World
    var random: SplitMix
    /// The key that each target really holds.
    var held: [TargetName: AccessKeyID] = [:]
    /// Keys that keyturn made or took over.
    var own: Set<AccessKeyID> = [World.old]
    /// Keys that IAM has and does not list yet.
    var late: Set<AccessKeyID> = []
    /// Whether a CreateAccessKey may have made a key since IAM was last listed.
    var isCreationUncertain = false
    /// Whether everybody behaves.
    var isKind = false
    /// Claims that did not hold.
    var broken: [String] = []

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        let policy = Policy(
            rotateEvery: .seconds(7200), overlap: .seconds(600), soak: .seconds(600),
            quiet: seed % 2 == 0 ? .seconds(300) : .zero)
        world = World.withKey(age: .seconds(86_400), policy: policy, targets: World.targets)
        world.looksAtOnce = false
        for target in World.targets { held[target] = World.old }
        send(.resumed)
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<60: if world.pending.isEmpty { pass() } else { answer() }
        case 60..<85: pass()
        case 85..<92: crash()
        case 92..<95: ask()
        case 95..<97: reconfigure()
        default: meddle()
        }
    }

    mutating func send(_ event: Event) {
        let known = world.begun.count
        world.send(event)
        for effect in world.begun[known...] { check(effect) }
        checkState()
    }

    private mutating func pass() {
        let due = max(world.due.at - world.now, .zero)
        let some = Duration.milliseconds(Int.random(in: 0...20_000, using: &random))
        world.now = world.now + (random.chance(50) ? min(due, .seconds(7200)) : some)
        if random.chance(30) { late = [] }
        send(.timePassed)
    }

    mutating func crash() {
        while let effect = world.pending.popLast() { if random.chance(50) { _ = perform(effect) } }
        world.rotation = world.rotation.recorded
        world.now = world.now + .milliseconds(Int.random(in: 0...5_000, using: &random))
        send(.resumed)
    }

    private mutating func ask() {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: send(.asked(.rotate()))
        case 1: send(.asked(.retry))
        default: send(.asked(.skip(World.targets.randomElement(using: &random) ?? World.targets[0], reason: "walk")))
        }
    }

    private mutating func reconfigure() {
        world.requirements.targets = World.targets.filter { _ in random.chance(80) }
        if world.requirements.targets.isEmpty { world.requirements.targets = World.targets }
        crash()
    }

    /// Someone else works on the account.
    private mutating func meddle() {
        let isRetiring = world.pending.contains {
            if case .deactivateKey = $0 { true } else if case .deleteKey = $0 { true } else { false }
        }
        guard !isRetiring else { return }
        let stranger = world.keys.first { !own.contains($0.id) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where world.keys.count < 2:
            let key = world.makeKey(age: random.chance(50) ? .seconds(600) : .zero)
            world.uses[key.id] = world.now
        case 1: if let previous = world.rotation.previous { world.setStatus(.active, of: previous.id) }
        case 2: if let previous = world.rotation.previous { world.setStatus(.inactive, of: previous.id) }
        default: if let stranger { world.keys.removeAll { $0.id == stranger.id } }
        }
    }

    /// Carries one outstanding effect out, or not, and says so to the rotation, or not the truth.
    mutating func answer() {
        guard let effect = world.pending.randomElement(using: &random),
            let index = world.pending.firstIndex(of: effect)
        else { return }
        world.pending.remove(at: index)
        if isKind || random.chance(75) { return send(perform(effect)) }
        switch effect {
        case .verifyKey(let id): send(.keyNotVerified(id, "not yet"))
        case .push(let target, let id):
            if random.chance(50) { _ = perform(effect) }
            let outcomes: [PushResult.Outcome] = [.unknown, .timedOut, .retryable, .rateLimited, .unauthorized]
            send(.pushed(target, id, PushResult(outcomes.randomElement(using: &random) ?? .unknown, message: "no")))
        default:
            let isLost = random.chance(50)
            if isLost, random.chance(50) { _ = perform(effect) }
            if effect == .createKey { isCreationUncertain = isLost }
            send(.failed(effect, Failure(isLost ? .lost : .refused, "no")))
        }
    }

    mutating func perform(_ effect: Effect) -> Event {
        checkDoing(effect)
        if case .push(let target, let id) = effect {
            held[target] = id
            world.held[target] = id
        }
        let event = world.perform(effect)
        if case .keyCreated(let key) = event {
            own.insert(key.id)
            if !isKind, random.chance(20) { late = [key.id] }
        }
        // IAM said no: nothing is uncertain about that.
        if case .failed(.createKey, _) = event { isCreationUncertain = false }
        guard case .keysListed(let keys) = event else { return event }
        isCreationUncertain = false
        // A minute is the longest that a listing lags behind.
        return .keysListed(keys.filter { !late.contains($0.id) || world.now - $0.created > .seconds(60) })
    }
}
