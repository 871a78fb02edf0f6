/// `delivering`: every target on its own, all with the same key, until each has confirmed it.
extension Rotation {
    mutating func beginDelivering(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        // STS has just answered for the key, so IAM need not be asked whether it is there.
        transient.isListed = true
        transition.notes.append(
            HistoryEvent(
                .delivering, key: next?.id,
                detail: "to \(requirements.targets.count) target\(requirements.targets.count == 1 ? "" : "s")"))
        alignDeliveries(now, requirements, &transition)
        // Of a key that replaces a lost one, an operator may have left every target out already.
        finishDeliveringIfSettled(now, requirements, &transition)
    }

    mutating func resumeDelivering(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        alignDeliveries(now, requirements, &transition)
        for (name, delivery) in deliveries where !delivery.isSettled {
            if delivery.attempts > 0, delivery.retryAt == nil {
                // It was in progress when its process ended.
                if !requirements.oneValue.contains(name) { deliveries[name]?.mayBeTorn = true }
                transition.changedDeliveries.insert(name)
            }
            // One that is tried before its time begins its waits again: what kept it may have passed with the process.
            if delivery.retryAt.map({ $0 > now }) ?? true { deliveries[name]?.quickTries = 0 }
            deliveries[name]?.shortenHold(now, requirements.policy)
            let isPaused = delivery.isRateLimited && (delivery.retryAt ?? now) <= now + .seconds(3600)
            if !isPaused { deliveries[name]?.retryAt = nil }
        }
        if phase == .delivering { finishDeliveringIfSettled(now, requirements, &transition) }
    }

    /// The targets are those of the configuration, also when it changes in the middle.
    private mutating func alignDeliveries(
        _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        // Without a single target the new key would be nowhere, and the old one must not go.
        guard !requirements.targets.isEmpty else { return }
        guard phase == .delivering || phase == .overlap && hasPair && problem?.code != .rolledBack else { return }
        addTargets(requirements.targets.filter { deliveries[$0] == nil }, requirements, &transition)
    }

    mutating func addTargets(_ targets: [TargetName], _ requirements: UserRequirements, _ transition: inout Transition)
    {
        for target in targets {
            deliveries[target] = Delivery()
            deliveries[target]?.identity = requirements.identities[target]
            transition.changedDeliveries.insert(target)
            transition.notes.append(HistoryEvent(.targetAdded, target: target, detail: "new in the configuration"))
        }
    }

    /// Every target has yet to get the next key.
    mutating func renewDeliveries(
        _ targets: some Collection<TargetName>, _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) {
        for target in targets {
            deliveries[target] = deliveries[target]?.successor(now, policy) ?? Delivery()
            transition.changedDeliveries.insert(target)
        }
    }

    /// Once for each process a listing, for the new key may have been taken away meanwhile; then pushes.
    func wantedWhileDelivering(_ now: Timestamp) -> [Effect] {
        let mayList = retryAt.map { $0 <= now } ?? true
        let listing: [Effect] =
            mayList && (!transient.isListed || problem?.code == .currentKeyUnusable) ? [.listKeys] : []
        return listing + wantedPushes(now)
    }

    /// Half-written targets first: their pipelines have no pair that works.
    func wantedPushes(_ now: Timestamp) -> [Effect] {
        // A key that does not authenticate would cut off the targets that hold the old one; so would one of a state that was
        // put back, whose rotation is long over.
        guard let key = deliveringKey, transient.isListed, problem?.code != .currentKeyUnusable, !isLeakedAtOnce(key.id)
        else {
            return []
        }
        var (torn, whole) = ([TargetName](), [TargetName]())
        for (name, delivery) in deliveries
        where !delivery.isSettled && delivery.leftAt == nil && delivery.opens(now) <= now
            && !transient.inFlight.contains(.push(name, key.id))
        {
            if delivery.mayBeTorn { torn.append(name) } else { whole.append(name) }
        }
        return (torn.sorted() + whole.sorted()).map { .push($0, key.id) }
    }

    mutating func hurryPushes(_ transition: inout Transition) {
        for (name, delivery) in deliveries where !delivery.isSettled {
            deliveries[name]?.retryAt = nil
            deliveries[name]?.quickTries = 0
            deliveries[name]?.refusedSince = nil
            transition.changedDeliveries.insert(name)
        }
        transition.notes.append(HistoryEvent(.requested, detail: "retry"))
    }

    mutating func skip(
        _ target: TargetName, _ reason: String, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        if let key = deliveringKey { transient.inFlight.remove(.push(target, key.id)) }
        if phase == .overlap || phase == .soak { return leaveOut(target, reason, now, requirements, &transition) }
        settle(target, as: .skipped, reason, now, &transition)
        finishDeliveringIfSettled(now, requirements, &transition)
    }

    /// Whether a target blocks this rotation, so that an operator can leave it out.
    public func isSkippable(_ target: TargetName, _ requirements: UserRequirements) -> Bool {
        guard let delivery = deliveries[target] else {
            return (phase == .overlap || phase == .soak) && undelivered(requirements).contains(target)
        }
        switch phase {
        case .delivering: return !delivery.isSettled
        case .overlap, .soak:
            return !delivery.isSettled
                || delivery.state == .confirmed
                    && (delivery.drift?.isPushedAgain == true || problem?.code == .targetUnreadable)
        default: return false
        }
    }

    mutating func pushed(
        _ target: TargetName, _ id: AccessKeyID, _ result: PushResult, _ now: Timestamp,
        _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        // One that an operator's `rollback` has overtaken has an answer all the same.
        let key = phase == .overlap ? current : deliveringKey
        guard id == key?.id, let delivery = deliveries[target], !delivery.isSettled else { return }
        deliveries[target]?.takeEnd(of: result)
        switch result.outcome {
        case .ok, .unchanged:
            deliveries[target]?.evidence = result.evidence ?? .acknowledged
            deliveries[target]?.changedAt = result.changedAt
            deliveries[target]?.plugin = result.plugin
            settle(target, as: .confirmed, result.message, now, &transition)
            transition.note(result.request, of: target)
            if phase == .overlap {
                if !hasOpenDeliveries { beginOverlapAgain(now, requirements, &transition) }
            } else {
                finishDeliveringIfSettled(now, requirements, &transition)
            }
        default:
            postpone(target, id, result, now, requirements, &transition)
        }
    }

    private mutating func postpone(
        _ target: TargetName, _ id: AccessKeyID, _ result: PushResult, _ now: Timestamp,
        _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        guard var delivery = deliveries[target] else { return }
        delivery.state =
            switch result.outcome {
            case .unknown, .timedOut, .cancelled: .unknown
            default: .failed
            }
        delivery.at = now
        delivery.detail = result.message
        delivery.outcome = result.outcome
        let isHalfWritten = result.mayHaveWritten && !requirements.oneValue.contains(target)
        if isHalfWritten, !delivery.mayBeTorn { delivery.quickTries = 1 }
        delivery.mayBeTorn = delivery.mayBeTorn || isHalfWritten
        let isRefused = delivery.mayBeTorn && result.outcome.isRefusal
        delivery.refusedSince = isRefused ? min(delivery.refusedSince ?? now, now) : nil
        delivery.retryAt = now + wait(after: result, delivery, now, requirements.policy)
        deliveries[target] = delivery
        transition.changedDeliveries.insert(target)
        var note = HistoryEvent(
            .notDelivered, key: id, target: target, detail: "\(result.outcome.rawValue): \(result.message)")
        note.retryAt = delivery.retryAt
        transition.notes.append(note)
        transition.note(result.request, of: target)
    }

    /// Quick tries help against passing faults only; what a person must fix is asked for slowly.
    private func wait(
        after result: PushResult, _ delivery: Delivery, _ now: Timestamp, _ policy: Policy
    ) -> Duration {
        // What the service, or its vendor's documentation, asks for.
        if result.outcome == .rateLimited, let asked = result.retryAfter { return max(asked, .seconds(1)) }
        if delivery.mayBeTorn { return waitToFinish(delivery, now, policy) }
        switch result.outcome {
        case .retryable, .unknown:
            let slowTries = delivery.quickTries - policy.maxAttempts
            return slowTries < 0
                ? min(Self.doubled(delivery.quickTries), policy.retry) : Self.slowWait(slowTries, policy)
        default: return Self.slowWait(delivery.quickTries - 1, policy)
        }
    }

    /// 30 s for five minutes, then twice as long each time, up to the policy's `retry`: what was refused in passing is soon tried
    /// again, however often that happened.
    private static func slowWait(_ tries: Int, _ policy: Policy) -> Duration {
        min(.seconds(30) * (1 << min(max(tries - 9, 0), 20)), policy.retry)
    }

    /// A pipeline with half a pair has none that works: it is finished as soon as can be, whatever the fault. Where a person
    /// must fix something, that is over after ten minutes.
    private func waitToFinish(_ delivery: Delivery, _ now: Timestamp, _ policy: Policy) -> Duration {
        if let since = delivery.refusedSince, now >= since + .seconds(600) { return policy.retry }
        return waitToFinish(delivery.quickTries, policy)
    }

    func waitToFinish(_ tries: Int, _ policy: Policy) -> Duration {
        min(Self.doubled(tries), .seconds(15), policy.retry)
    }

    /// Whether a half-written pair is to be finished, for which IAM is asked first after a restart.
    public var isFinishing: Bool {
        deliveringKey != nil && deliveries.values.contains { $0.mayBeTorn && !$0.isSettled && $0.leftAt == nil }
    }

    /// Whether every push that is open and not in progress was tried since a moment, and is to be tried again only after a wait that
    /// is longer than this.
    public func isPutOff(beyond patience: Duration, since began: Timestamp) -> Bool {
        guard let key = deliveringKey?.id else { return false }
        var isAny = false
        for (name, delivery) in deliveries where !delivery.isSettled && delivery.leftAt == nil {
            if transient.inFlight.contains(.push(name, key)) { continue }
            guard let at = delivery.at, at >= began, let retryAt = delivery.retryAt, retryAt - at > patience else {
                return false
            }
            isAny = true
        }
        return isAny
    }

    /// 1, 2, 4, 8 … s.
    static func doubled(_ tries: Int) -> Duration { .seconds(1) * (1 << min(max(tries - 1, 0), 20)) }

    private mutating func settle(
        _ target: TargetName, as state: Delivery.State, _ detail: String, _ now: Timestamp,
        _ transition: inout Transition
    ) {
        guard var delivery = deliveries[target], delivery.state != .skipped else { return }
        delivery.state = state
        delivery.detail = detail
        delivery.outcome = nil
        delivery.at = now
        delivery.retryAt = nil
        delivery.refusedSince = nil
        if state == .confirmed {
            delivery.heldUntil = nil
            delivery.mayBeTorn = false
            delivery.deadKey = nil
        }
        delivery.drift = nil
        deliveries[target] = delivery
        transition.changedDeliveries.insert(target)
        let kind: HistoryEvent.Kind = state == .confirmed ? .delivered : .skipped
        transition.notes.append(
            HistoryEvent(
                kind, key: phase == .delivering ? next?.id : current?.id, target: target, evidence: delivery.evidence,
                detail: state == .confirmed ? delivery.plugin.map { "\(detail) (\($0))" } ?? detail : detail))
    }

    /// The one place where a new key becomes the current one: every delivery is confirmed, or skipped by an operator.
    mutating func finishDeliveringIfSettled(
        _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        guard phase == .delivering, let next, !isNextCondemned, !deliveries.isEmpty,
            deliveries.values.allSatisfy({ $0.isSettled || hasLeak && $0.leftAt != nil })
        else { return }
        previous = current
        current = next
        self.next = nil
        creations = []
        retained = requirements.policy.retainSecret == .none ? nil : next.id
        transition.wipesPair = retained == nil
        let fate =
            switch requirements.policy.retainSecret {
            case .none: "was wiped from the state"
            case .rotation: "stays sealed in the state until the rotation is over"
            case .current: "stays sealed in the state, for targets to come"
            }
        transition.notes.append(allDelivered(next.id, "the secret \(fate)"))
        enter(.overlap, now)
        if previous == nil { complete(now, &transition) }
    }
}
