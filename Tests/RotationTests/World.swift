import Testing

@testable import Rotation

/// One user's rotation, and a fake IAM, STS and set of targets that answer it.
///
/// Effects wait in ``pending`` until a test answers them, so that each can be made to fail, get lost or come late.
struct World {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)
    static let old = AccessKeyID("AKIAOLD")
    /// The last use of the old key is asked for by tests that are about it.
    static let unasked = Policy(quiet: .zero)
    static let targets = ["github:a/c", "gitlab:a/b", "travis:a/a"].map { TargetName($0) }

    var now = World.start
    var requirements: UserRequirements
    var rotation = Rotation(at: World.start)
    /// What IAM has.
    var keys: [AccessKey] = []
    /// When keys were last used, as IAM says.
    var uses: [AccessKeyID: Timestamp] = [:]
    /// What targets say that they hold; the others cannot be read.
    var held: [TargetName: AccessKeyID] = [:]
    /// What the others show instead; without it, nothing can be read there.
    var showing: [TargetName: TargetInspection.Holding] = [:]
    /// When targets were last written, as their services say.
    var writtenAt: [TargetName: Timestamp] = [:]
    /// Targets that do not answer what they hold.
    var speechless: Set<TargetName> = []
    /// Why targets would refuse a key; the others would take one.
    var refusals: [TargetName: String] = [:]
    /// How pushes end; the others are confirmed by reading back.
    var pushResults: [TargetName: PushResult] = [:]
    /// Effects that were asked for and not answered.
    var pending: [Effect] = []
    /// Every effect that was asked for.
    var begun: [Effect] = []
    var notes: [HistoryEvent] = []
    /// Whether targets that the rotation has delivered to are looked at without a word about it, for tests of other things.
    var looksAtOnce = true
    /// The key whose sealed pair the journal would hold.
    var sealedPair: AccessKeyID?
    private var made = 0

    init(targets: [TargetName] = World.targets, policy: Policy = World.unasked) {
        requirements = UserRequirements(policy: policy, targets: targets)
    }

    /// A user with one key of that age, so far unknown to keyturn.
    static func withKey(age: Duration, policy: Policy = World.unasked, targets: [TargetName] = World.targets) -> World {
        var world = World(targets: targets, policy: policy)
        world.keys = [AccessKey(id: old, status: .active, created: start - age)]
        return world
    }

    /// A user whose key was due, rolled on to that phase.
    static func at(_ phase: Phase, policy: Policy = World.unasked, targets: [TargetName] = World.targets) -> World {
        var world = World.withKey(age: .seconds(48 * 3600), policy: policy, targets: targets)
        world.send(.resumed)
        world.roll(to: phase)
        return world
    }

    @discardableResult
    mutating func send(_ event: Event) -> Transition {
        var transition = take(event)
        while looksAtOnce, rotation.phase != .idle, rotation.phase != .creating,
            let index = pending.firstIndex(where: { $0.inspected.map { rotation.deliveries[$0] != nil } ?? false })
        {
            let effect = pending.remove(at: index)
            transition.append(take(perform(effect)))
        }
        if looksAtOnce {
            transition.effects.removeAll { effect in effect.inspected != nil && !pending.contains(effect) }
        }
        return transition
    }

    private mutating func take(_ event: Event) -> Transition {
        let transition = rotation.handle(event, at: now, requirements: requirements)
        pending += transition.effects
        begun += transition.effects.filter { !looksAtOnce || $0.inspected == nil || rotation.deliveries.isEmpty }
        notes += transition.notes
        if case .keyCreated(let key) = event, rotation.next?.id == key.id { sealedPair = key.id }
        if transition.wipesPair { sealedPair = nil }
        return transition
    }

    /// Time passes without anything being answered.
    @discardableResult
    mutating func advance(_ duration: Duration) -> Transition {
        now = now + duration
        return send(.timePassed)
    }

    /// A process dies, and another takes the user up: what was in progress has no answer.
    @discardableResult
    mutating func restart() -> Transition {
        rotation = rotation.recorded
        pending = []
        return send(.resumed)
    }

    /// A process dies, and another takes a delivery up: IAM is listed before anything is pushed.
    mutating func retake(sourceLocation: SourceLocation = #_sourceLocation) -> Transition {
        restart()
        return answer(.listKeys, sourceLocation: sourceLocation)
    }

    /// Carries an outstanding effect out, and hands the answer back.
    @discardableResult
    mutating func answer(_ effect: Effect, sourceLocation: SourceLocation = #_sourceLocation) -> Transition {
        answer(effect, with: perform(effect), sourceLocation: sourceLocation)
    }

    /// Answers an outstanding effect with an event of the test's choice.
    @discardableResult
    mutating func answer(
        _ effect: Effect, with event: Event, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Transition {
        guard let index = pending.firstIndex(of: effect) else {
            Issue.record("\(effect) is not in progress; \(pending) are", sourceLocation: sourceLocation)
            return Transition()
        }
        pending.remove(at: index)
        return send(event)
    }

    @discardableResult
    mutating func fail(
        _ effect: Effect, _ kind: Failure.Kind, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Transition {
        answer(effect, with: .failed(effect, Failure(kind, "the reason")), sourceLocation: sourceLocation)
    }

    /// Answers everything that is outstanding now and follows at once.
    mutating func answerAll() {
        for _ in 0..<100 {
            guard let effect = pending.first else { return }
            answer(effect)
        }
        Issue.record("there is no end to it: \(pending)")
    }

    /// Answers everything and lets time pass until the phase is reached.
    mutating func roll(to phase: Phase, sourceLocation: SourceLocation = #_sourceLocation) {
        for _ in 0..<300 {
            if rotation.phase == phase { return }
            goOn()
        }
        Issue.record("\(phase) was not reached, but \(rotation.phase)", sourceLocation: sourceLocation)
    }

    /// Answers what was asked first, or lets time pass until something is due.
    mutating func goOn() {
        if let effect = pending.first {
            answer(effect)
        } else {
            now = max(rotation.due(at: now, policy: requirements.policy).at, now)
            send(.timePassed)
        }
    }

    /// What the world does for an effect, and says about it.
    mutating func perform(_ effect: Effect) -> Event {
        switch effect {
        case .listKeys: return .keysListed(keys)
        case .createKey:
            guard keys.count < 2 else { return .failed(effect, Failure(.limitExceeded, "two keys")) }
            return .keyCreated(makeKey())
        case .verifyKey(let id): return .keyVerified(id)
        case .push(let target, let id):
            return .pushed(
                target, id,
                pushResults[target]
                    ?? PushResult(.ok, evidence: .readBack, changedAt: writtenAt[target], message: "read"))
        case .lookUpLastUse(let id):
            return .lastUsed(id, uses[id].map { LastUse(at: $0, service: "s3", region: "eu-west-1") })
        case .deactivateKey(let id):
            guard keys.contains(where: { $0.id == id }) else {
                return .failed(effect, Failure(.noSuchUser, "NoSuchEntity"))
            }
            setStatus(.inactive, of: id)
            return .keyDeactivated(id)
        case .activateKey(let id):
            setStatus(.active, of: id)
            return .keyActivated(id)
        case .inspect(let target):
            if speechless.contains(target) { return .notInspected(target, "no answer") }
            let holding = held[target].map { TargetInspection.Holding.key($0) } ?? showing[target]
            return .inspected(target, TargetInspection(holding ?? .unsupported, changedAt: writtenAt[target]))
        case .check(let target): return .checked(target, refusals[target])
        case .deleteKey(let id):
            keys.removeAll { $0.id == id }
            return .keyDeleted(id)
        }
    }

    /// IAM makes a key, whether or not anybody hears of it.
    @discardableResult
    mutating func makeKey(age: Duration = .zero) -> AccessKey {
        made += 1
        let key = AccessKey(id: AccessKeyID("AKIANEW\(made)"), status: .active, created: now - age)
        keys.append(key)
        return key
    }

    mutating func setStatus(_ status: AccessKey.Status, of id: AccessKeyID) {
        for index in keys.indices where keys[index].id == id { keys[index].status = status }
    }

    /// Lets every target say what it holds, where that was asked for.
    @discardableResult
    mutating func answerInspections() -> Transition {
        var last = Transition()
        for effect in pending { if case .inspect = effect { last = answer(effect) } }
        return last
    }

    func state(_ target: TargetName) -> Delivery.State? { rotation.deliveries[target]?.state }

    func hasNote(_ kind: HistoryEvent.Kind) -> Bool { notes.contains { $0.kind == kind } }

    /// Whether anything was asked for that changes IAM.
    var touchedIAM: Bool {
        begun.contains { effect in
            switch effect {
            case .createKey, .activateKey, .deactivateKey, .deleteKey: true
            default: false
            }
        }
    }
}

extension Effect {
    /// The target that is asked which key it holds.
    var inspected: TargetName? { if case .inspect(let target) = self { target } else { nil } }
}

extension Transition {
    /// The pushes among the effects.
    var pushes: [Effect] {
        effects.filter { if case .push = $0 { true } else { false } }
    }
}
