internal import Rotation

/// One state of a rotation and its world, without journal and clock: small enough to visit all of them.
///
/// Time stands still but for the choice to let it pass to what is due; then every moment is moved back, so that states
/// that differ in their date only are one.
struct ExploredWorld: Hashable {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    /// What is longer ago than any wait is long ago.
    static let longAgo: Duration = .seconds(1_000)
    static let requirements = UserRequirements(
        policy: Policy(rotateEvery: .seconds(1 << 30), overlap: .seconds(60), soak: .seconds(60), maxAttempts: 1),
        targets: [TargetName("ci:0"), TargetName("ci:1")])

    var rotation: Rotation
    var keys: [AccessKey]
    var held: [TargetName: AccessKeyID]
    var pending: Set<Effect> = []
    var sealed: AccessKeyID?
    var crashes: Int
    var failures: Int
    var made = 1
    /// What does not hold.
    var violation: String?

    init(crashes: Int, failures: Int) {
        let old = AccessKey(id: AccessKeyID("AKIA1"), status: .active, created: Self.now - Self.longAgo)
        keys = [old]
        held = Dictionary(Self.requirements.targets.map { ($0, old.id) }) { first, _ in first }
        rotation = Rotation(at: Self.now)
        self.crashes = crashes
        self.failures = failures
        send(.resumed)
        send(.asked(.rotate()))
    }

    var isHome: Bool { rotation.phase == .idle && rotation.number > 0 && !rotation.isRequested && pending.isEmpty }

    mutating func send(_ event: Event) {
        let transition = rotation.handle(event, at: Self.now, requirements: Self.requirements)
        if case .keyCreated(let key) = event, rotation.next?.id == key.id { sealed = key.id }
        if transition.wipesPair { sealed = nil }
        for effect in transition.effects {
            if case .push(_, let id) = effect, id != sealed { violation = "\(effect) without a sealed pair" }
            pending.insert(effect)
        }
        check()
        normalize()
    }

    private mutating func check() {
        let isOpen = rotation.phase == .verifying || rotation.phase == .delivering
        if sealed != (isOpen ? rotation.next?.id : rotation.phase == .idle ? nil : rotation.retained) {
            violation = "(e) the pair of \(rotation.phase)"
        }
        if isHome, keys.map(\.id) != [rotation.current?.id] { violation = "(f) at home with \(keys)" }
        for (target, id) in held where keys.first(where: { $0.id == id })?.status != .active {
            violation = "(b) \(target) holds \(id), which is dead"
        }
    }

    /// What the world does for an effect.
    mutating func land(_ effect: Effect) -> Event {
        switch effect {
        case .listKeys: return .keysListed(keys)
        case .createKey:
            guard keys.count < 2 else { return .failed(effect, Failure(.limitExceeded, "two keys")) }
            made += 1
            let key = AccessKey(id: AccessKeyID("AKIA\(made)"), status: .active, created: Self.now)
            keys.append(key)
            return .keyCreated(key)
        case .verifyKey(let id): return .keyVerified(id)
        case .push(let target, let id):
            held[target] = id
            return .pushed(target, id, PushResult(.ok, evidence: .acknowledged, message: "written"))
        case .lookUpLastUse(let id): return .lastUsed(id, nil)
        case .inspect(let target): return .inspected(target, TargetInspection(.unsupported))
        case .check(let target): return .checked(target, nil)
        case .activateKey(let id), .deactivateKey(let id):
            for index in keys.indices where keys[index].id == id { keys[index].status = .inactive }
            check()
            return .keyDeactivated(id)
        case .deleteKey(let id):
            keys.removeAll { $0.id == id }
            check()
            return .keyDeleted(id)
        }
    }

    /// Lets time pass until something is due.
    mutating func pass() {
        let due = rotation.nextWork(at: Self.now, policy: Self.requirements.policy)
        shift(max(due - Self.now, .zero))
        send(.timePassed)
    }

    /// A process dies, and another takes the user up.
    mutating func restart() {
        rotation = rotation.recorded
        pending = []
        send(.resumed)
    }
}

/// Bringing states that do not differ in what follows from them to one form.
extension ExploredWorld {
    private mutating func shift(_ duration: Duration) {
        func moved(_ moment: Timestamp) -> Timestamp { max(moment - duration, Self.now - Self.longAgo) }
        for index in keys.indices { keys[index].created = moved(keys[index].created) }
        rotation.phaseSince = moved(rotation.phaseSince)
        for key in [\Rotation.current, \.next, \.previous] {
            if let created = rotation[keyPath: key]?.created { rotation[keyPath: key]?.created = moved(created) }
        }
        rotation.retryAt = rotation.retryAt.map(moved)
        rotation.lookedAt = nil
        for index in rotation.deletedKeys.indices { rotation.deletedKeys[index].at = Self.now - Self.longAgo }
        for index in rotation.creations.indices {
            rotation.creations[index].at = moved(rotation.creations[index].at)
            rotation.creations[index].lostAt = rotation.creations[index].lostAt.map(moved)
        }
        for (target, delivery) in rotation.deliveries {
            rotation.deliveries[target]?.retryAt = delivery.retryAt.map(moved)
            rotation.deliveries[target]?.heldUntil = delivery.heldUntil.map(moved)
            rotation.deliveries[target]?.drift?.since = moved(delivery.drift?.since ?? Self.now)
        }
    }

    /// What is only reported, and not decided by, is left out.
    private mutating func normalize() {
        rotation.problem?.since = Self.now
        for (target, delivery) in rotation.deliveries {
            rotation.deliveries[target]?.attempts = 0
            rotation.deliveries[target]?.quickTries = min(delivery.quickTries, 2)
            rotation.deliveries[target]?.at = nil
            rotation.deliveries[target]?.lookedAt = nil
        }
    }
}
