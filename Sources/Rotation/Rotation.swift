/// The life cycle of one user's access key: every decision, and no I/O, clock or randomness.
///
/// A value is fed events with ``handle(_:at:requirements:)`` and answers with effects. It must be journalled before the effects
/// are begun, so that an effect without an outcome is known after a crash. Only CreateAccessKey needs that: it is the
/// one effect that is not idempotent, and ``creations`` is what its reconciliation goes by.
public struct Rotation: Hashable, Codable, Sendable {
    /// One call of CreateAccessKey, written down before it is made.
    public struct Creation: Hashable, Codable, Sendable {
        /// When it was about to be made.
        public var at: Timestamp
        /// The keys that were there before.
        public var known: [AccessKeyID]
        /// Whether its outcome is yet to be found out.
        public var isOpen = true
        /// Whether a key of it may exist, or turn up late: false once IAM has refused the call.
        public var mayExist = true
        /// When its answer was given up; nil: it was not.
        public var lostAt: Timestamp?

        /// A call that is about to be made.
        public init(at: Timestamp, known: [AccessKeyID]) {
            self.at = at
            self.known = known
        }

        /// Whether a key of that age can be this call's. AWS gives ages to the second.
        func mayHaveMade(_ key: AccessKey) -> Bool {
            mayExist && !known.contains(key.id) && key.created >= at - IAMTimes.clockTolerance
                && key.created <= at + IAMTimes.creationLongest + IAMTimes.clockTolerance
        }
    }

    /// The number of the running rotation, else of the last one; 0: none yet.
    public var number = 0
    /// Its state.
    public var phase = Phase.idle
    /// Since when.
    public var phaseSince: Timestamp
    /// The key that the targets hold; from `overlap` on the new one.
    public var current: KeyRecord?
    /// The key that was made and is not yet confirmed everywhere.
    public var next: KeyRecord?
    /// The key that was replaced.
    public var previous: KeyRecord?
    /// Calls of CreateAccessKey in this rotation.
    public var creations: [Creation] = []
    /// Right answers of STS in a row.
    public var consecutiveVerifications = 0
    /// Failures in a row; decides the wait.
    public var failures = 0
    /// Nothing but pushes is done before; nil: at once.
    public var retryAt: Timestamp?
    /// Whether an operator asked for a rotation that has not begun.
    public var isRequested = false
    /// Keys that operators have declared leaked, in the order of their orders.
    public var leaks: [Leak] = []
    /// The key whose pair the journal keeps though every target has it, for targets that are added.
    public var retained: AccessKeyID?
    /// Keys that keyturn has deleted, the last few: IAM may still list them for a while, and no target should hold one.
    public var deletedKeys: [DeletedKey] = []
    /// Keys without a record that keyturn has deactivated because they leaked, the last few. A listing that still shows one Active may
    /// be late, so it does not count as a key that the user has left. Optional: an older version wrote none.
    public var revokedStrangers: [AccessKeyID]?
    /// When every target was last looked at.
    public var lookedAt: Timestamp?
    /// When and by what the old key was last used, as IAM said last; nil: never, or it was not asked.
    public var lastUse: LastUse?
    /// Why an operator wants the old key deactivated although something speaks against it.
    public var retireReason: String?
    /// Why it does not go on.
    public var problem: Problem?
    /// What targets said that would not take a new key, while they are asked again: not a problem yet. Optional: an older version wrote
    /// none.
    public var preflightRefusal: Problem?
    /// What became of this rotation's key, or of the last one's, at each target.
    public var deliveries: [TargetName: Delivery] = [:]

    /// What is of one process, and not journalled.
    var transient = Transient()

    /// What is written of it, by these names: deliveries are records of their own, and what is of one process is not kept. A field that
    /// is added must be optional, for workers of two neighbouring versions may share a state.
    enum CodingKeys: String, CodingKey {
        case number, phase, phaseSince, current, next, previous, creations, consecutiveVerifications, failures, retryAt,
            isRequested,
            leaks
        case retained, deletedKeys, revokedStrangers, lookedAt, lastUse, retireReason, problem,
            preflightRefusal
    }

    /// A user that keyturn has no record of.
    public init(at now: Timestamp) { phaseSince = now }

    /// What of this value the journal keeps: all but what belongs to one process.
    public var recorded: Rotation {
        var copy = self
        copy.transient = Transient()
        return copy
    }

    /// Pushes whose answer is outstanding.
    public var pushesUnderWay: Int { deliveringKey != nil ? transient.inFlight.count : 0 }

    /// Whether any effect's answer is outstanding.
    public var isWaitingForAnswers: Bool { !transient.inFlight.isEmpty }

    /// Takes in what happened, and returns what to do.
    ///
    /// - Parameters:
    ///   - event: what happened. An answer that is not waited for any more changes nothing.
    ///   - now: the time, which may be any: clocks jump.
    ///   - requirements: the user's configuration.
    /// - Returns: what to journal, and what to do after that.
    public mutating func handle(_ event: Event, at now: Timestamp, requirements: UserRequirements) -> Transition {
        var transition = apply(event, at: now, requirements: requirements)
        transition.append(nextEffects(at: now, requirements: requirements))
        return transition
    }

    /// Takes in one of several things that happened. After the last of them, ``nextEffects(at:requirements:)`` returns what to do.
    public mutating func apply(_ event: Event, at now: Timestamp, requirements: UserRequirements) -> Transition {
        var transition = Transition()
        switch event {
        case .resumed: resume(now, requirements, &transition)
        case .timePassed: break
        case .asked(let request): answer(request, now, requirements, &transition)
        case .keysListed(let keys):
            guard transient.inFlight.remove(.listKeys) != nil else { break }
            succeeded()
            see(keys, now, requirements, &transition)
        case .keyCreated(let key):
            guard transient.inFlight.remove(.createKey) != nil, phase == .creating else { break }
            succeeded()
            created(key, now, &transition)
        case .keyVerified(let id):
            guard transient.inFlight.remove(.verifyKey(id)) != nil else { break }
            verified(now, requirements, &transition)
        case .keyNotVerified(let id, let message):
            guard transient.inFlight.remove(.verifyKey(id)) != nil else { break }
            notVerified(message, now, &transition)
        case .keyOfAnother(let id, let message):
            guard transient.inFlight.remove(.verifyKey(id)) != nil else { break }
            consecutiveVerifications = 0
            retryAt = now + IAMTimes.failureLongestWait
            block(.wrongIdentity, message, now, &transition)
        case .pushed(let target, let id, let result):
            guard transient.inFlight.remove(.push(target, id)) != nil else { break }
            pushed(target, id, result, now, requirements, &transition)
        case .notBegun(let effect):
            guard transient.inFlight.remove(effect) != nil, case .push(let target, _) = effect else { break }
            deliveries[target]?.attempts -= 1
            deliveries[target]?.quickTries -= 1
            transition.changedDeliveries.insert(target)
        case .lastUsed(let id, let use):
            guard transient.inFlight.remove(.lookUpLastUse(id)) != nil else { break }
            succeeded()
            lastUsed(id, use, now, requirements, &transition)
        case .inspected(let target, let inspection):
            guard transient.inFlight.remove(.inspect(target)) != nil else { break }
            looked(target, .seen(inspection), now, requirements, &transition)
        case .notInspected(let target, let reason):
            guard transient.inFlight.remove(.inspect(target)) != nil else { break }
            looked(target, .failed(reason), now, requirements, &transition)
        case .checked(let target, let refusal):
            guard transient.inFlight.remove(.check(target)) != nil else { break }
            checked(target, refusal, now, requirements, &transition)
        case .keyActivated(let id):
            guard transient.inFlight.remove(.activateKey(id)) != nil else { break }
            succeeded()
            activated(id, now, requirements, &transition)
        case .keyDeactivated(let id):
            guard transient.inFlight.remove(.deactivateKey(id)) != nil else { break }
            succeeded()
            keyDeactivated(id, now, &transition)
        case .keyDeleted(let id):
            guard transient.inFlight.remove(.deleteKey(id)) != nil else { break }
            succeeded()
            remember(deleted: id, now)
            keyDeleted(id, now, requirements.policy, &transition)
        case .failed(let effect, let failure):
            guard transient.inFlight.remove(effect) != nil else { break }
            failed(effect, failure, now, requirements, &transition)
        }
        return transition
    }

    /// Returns what to do after what was taken in.
    public mutating func nextEffects(at now: Timestamp, requirements: UserRequirements) -> Transition {
        var transition = Transition()
        dropPair(requirements, &transition)
        dropStaleProblem(now, requirements.policy)
        distrustWhatIsNotDue(now, requirements)
        deliverToNewTargets(now, requirements, &transition)
        endEmptyLook(now, requirements)
        judgeLeft(now, requirements, &transition)
        begin(wanted(now, requirements), now, &transition)
        return transition
    }

    /// What the state asks for at that time, whether or not it is in progress.
    func wanted(_ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        if isRevocationExclusive {
            let isPushing = deliveringKey != nil && !inPhase.isReplacing && !isNextCondemned
            return wantedForRevocation(now) + (isPushing ? wantedPushes(now) : [])
        }
        let always = wantedForRevocation(now) + wantedInspections(requirements)
        if deliveringKey != nil, !inPhase.isReplacing { return always + wantedWhileDelivering(now) }
        if let retryAt, retryAt > now { return always }
        return always + wantedInTurn(now, requirements)
    }

    private func wantedInTurn(_ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        if transient.adopting != nil, isAdoptable { return [.listKeys] }
        if inPhase.isReplacing, let previous { return [.activateKey(previous.id)] }
        return switch phase {
        case .idle where inPhase.isPreflight && needsPreflight(requirements): wantedForPreflight(requirements)
        case .idle where isDue(now, requirements.policy) && !isLeftBehind: [.listKeys]
        case .idle: wantedBetweenRotations(now, requirements)
        case .creating: wantedForCreation(requirements)
        case .verifying: next.map { [isSuspect(now) ? .listKeys : .verifyKey($0.id)] } ?? []
        case .delivering: []
        case .overlap: wantedInOverlap(now, requirements)
        case .soak: wantedInSoak(now, requirements)
        case .deleting: wantedWhileDeleting(requirements)
        }
    }

    /// Marks effects as in progress, and writes down what must be known if their answers never come.
    private mutating func begin(_ effects: [Effect], _ now: Timestamp, _ transition: inout Transition) {
        for effect in effects where !transient.inFlight.contains(effect) {
            transient.inFlight.insert(effect)
            transition.effects.append(effect)
            switch effect {
            case .createKey:
                let known = [current, previous].compactMap { $0?.id }
                if creations.count >= IAMTimes.creationLimit {
                    creations.remove(at: creations.firstIndex { !$0.mayExist } ?? 0)
                }
                creations.append(Creation(at: now, known: known))
                transition.notes.append(HistoryEvent(.creating))
            case .push(let target, _):
                deliveries[target]?.attempts += 1
                deliveries[target]?.quickTries += 1
                deliveries[target]?.retryAt = nil
                transition.changedDeliveries.insert(target)
            case .activateKey(let id): transition.notes.append(HistoryEvent(.activating, key: id))
            case .deactivateKey(let id):
                transition.notes.append(HistoryEvent(.deactivating, key: id, detail: reasonToDeactivate(id)))
            case .deleteKey(let id) where id == transient.orphan:
                transition.notes.append(HistoryEvent(.deletingOrphan, key: id))
            case .deleteKey(let id):
                transition.notes.append(HistoryEvent(.deleting, key: id, detail: reasonToDelete(id)))
            case .listKeys, .verifyKey, .lookUpLastUse, .inspect, .check: break
            }
        }
    }

    mutating func enter(_ phase: Phase, _ now: Timestamp) {
        self.phase = phase
        phaseSince = now
        retryAt = nil
        failures = 0
        problem = nil
        preflightRefusal = nil
        retireReason = nil
        inPhase = Transient.InPhase()
    }

    mutating func block(
        _ code: Problem.Code, _ message: String, pushers: String? = nil, _ now: Timestamp,
        _ transition: inout Transition
    ) {
        if problem?.code != code || problem?.message != message {
            transition.notes.append(HistoryEvent(.blocked, detail: message))
        }
        // A clock that was set back must not make a problem one of the future, which would never have lasted long enough.
        let since = problem?.code == code ? min(problem?.since ?? now, now) : now
        problem = Problem(code: code, message: message, since: since, pushers: pushers)
    }

    private mutating func succeeded() {
        failures = 0
        retryAt = nil
    }

    private mutating func resume(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        transient = Transient()
        retryAt = nil
        consecutiveVerifications = 0
        if phase == .creating { giveUpCreation(now) }
        recognizeTargets(now, requirements, &transition)
        if phase == .delivering || phase == .overlap { resumeDelivering(now, requirements, &transition) }
    }

    private mutating func answer(
        _ request: Event.Request, _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        if let refusal = refusal(of: request, at: now, requirements: requirements) {
            return refuse(request, refusal, &transition)
        }
        switch request {
        case .rotate(_, let despiteFreeze):
            rotate(heeding: despiteFreeze ? nil : requirements.policy, now, &transition)
        case .retry: retry(now, requirements, &transition)
        case .skip(let target, let reason): skip(target, reason, now, requirements, &transition)
        case .adopt(let id):
            transient.adopting = id
            retryAt = nil
            transition.notes.append(HistoryEvent(.requested, key: id, detail: "adopt \(id)"))
        case .rollback: rollBack(now, &transition)
        case .forget(let target, let reason): forget(target, reason, now, requirements, &transition)
        case .retire(let reason):
            retireReason = reason
            retryAt = nil
            if problem?.code == .stillUsed || problem?.code == .targetUnreadable { problem = nil }
            distrust()
            transition.notes.append(
                HistoryEvent(.requested, key: previous?.id, detail: "retire \(previous?.id.rawValue ?? ""): \(reason)"))
        case .revoke(let key, let atOnce):
            revoke(key, atOnce, now, &transition)
            // A leak does not wait for a target that has left.
            finishDeliveringIfSettled(now, requirements, &transition)
        }
    }

    private mutating func failed(
        _ effect: Effect, _ failure: Failure, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        if failure.kind == .noSuchUser, leakIsGone(effect, &transition) { return }
        if failure.kind == .noSuchUser, restoredIsGone(effect, now, requirements, &transition) { return }
        failures += 1
        distrust()
        if effect == .createKey { return creationFailed(failure, now, &transition) }
        retryAt = now + (isFinishing ? waitToFinish(failures, requirements.policy) : failureWait)
        block(failure.problemCode, failure.message, now, &transition)
    }

    /// The wait after that many failures in a row, doubling.
    var failureWait: Duration {
        min(IAMTimes.failureWait * (1 << min(max(failures - 1, 0), 8)), IAMTimes.failureLongestWait)
    }
}

extension Failure {
    var problemCode: Problem.Code {
        switch kind {
        case .noSuchUser: .noSuchUser
        case .denied: .denied
        case .ownKey: .ownKey
        case .unreachable, .lost: .unreachable
        case .refused, .limitExceeded: .refused
        }
    }
}
