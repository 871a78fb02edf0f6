/// What targets really hold, asked again before each step that cannot be taken back, and now and then between rotations.
///
/// A confirmation is believed until the next irreversible step, not longer: whoever writes the old value back between the
/// two would be left with a dead key.
extension Rotation {
    /// Targets that must not hold the old key when it goes. Whoever an operator has left out may.
    private func subjects(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { deliveries[$0]?.state != .skipped }
    }

    private func unseen(_ requirements: UserRequirements) -> [TargetName] {
        subjects(requirements).filter { fresh.looks[$0] == nil }
    }

    /// Questions that are to be answered before the old key is touched; none: all have been.
    func wantedLooks(_ requirements: UserRequirements) -> [Effect] {
        fresh.isSeen ? [] : unseen(requirements).map { .inspect($0) }
    }

    /// Whether the old key may be touched, as far as the targets go.
    func isLookedAt(_ requirements: UserRequirements) -> Bool { fresh.isSeen || subjects(requirements).isEmpty }

    /// When the targets are to be looked at though no step is due; nil: not.
    public func nextLook(_ policy: Policy) -> Timestamp? {
        guard policy.lookEvery > .zero, !hasLeak else { return nil }
        let interval: Duration
        switch phase {
        case .idle where number > 0, .overlap: interval = policy.lookEvery
        case .soak: interval = min(policy.lookEvery, IAMTimes.soakLook)
        default: return nil
        }
        return max(lookedAt ?? phaseSince, phaseSince) + interval
    }

    /// Whether it is time for one. A clock that was set back must not put it off.
    func isLookDue(_ now: Timestamp, _ policy: Policy) -> Bool {
        inPhase.isLookOrdered || (nextLook(policy).map { $0 <= now } ?? false)
    }

    func wantedBetweenRotations(_ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        guard number > 0, isLookDue(now, requirements.policy) else { return [] }
        return idleSubjects(requirements).filter { fresh.looks[$0] == nil }.map { .inspect($0) }
    }

    private func idleSubjects(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { deliveries[$0]?.state == .confirmed }
    }

    /// Where there is no one to ask, there is nothing to wait for.
    mutating func endEmptyLook(_ now: Timestamp, _ requirements: UserRequirements) {
        guard isLookDue(now, requirements.policy) else { return }
        let asked = phase == .idle ? idleSubjects(requirements) : subjects(requirements)
        if asked.isEmpty { endLook(now) }
    }

    /// One target has answered, or cannot.
    mutating func looked(
        _ target: TargetName, _ look: Look, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        var look = look
        if case .seen(let inspection) = look { look = .seen(recognized(inspection)) }
        fresh.looks[target] = look
        if case .seen(let inspection) = look { record(target, inspection, now, &transition) }
        switch phase {
        case .creating: suspectOrphan(look.key, now, &transition)
        case .idle where problem?.code == .unaccountedKey:
            // The next listing reports it together with what was seen.
            if wantedInspections(requirements).isEmpty, fresh.looks.values.contains(where: { $0.key != nil }) {
                retryAt = nil
            }
        case .idle: if idleSubjects(requirements).allSatisfy({ fresh.looks[$0] != nil }) { endLook(now) }
        case .overlap, .soak, .deleting: if unseen(requirements).isEmpty { judgeLooks(now, requirements, &transition) }
        case .verifying, .delivering: break
        }
    }

    /// The first look after a confirmation shows when the target was written, where the push did not.
    private mutating func record(
        _ target: TargetName, _ seen: TargetInspection, _ now: Timestamp, _ transition: inout Transition
    ) {
        guard var delivery = deliveries[target], delivery.state == .confirmed else { return }
        var drift = drift(of: target, seen, at: now)
        if drift == nil, delivery.changedAt == nil { delivery.changedAt = seen.changedAt }
        if let known = delivery.drift, known.kind == drift?.kind, known.key == drift?.key { drift = known }
        if let drift, drift != delivery.drift {
            transition.notes.append(HistoryEvent(.driftSeen, key: drift.key, target: target, detail: drift.words))
        } else if drift == nil, delivery.drift != nil {
            transition.notes.append(HistoryEvent(.driftOver, key: current?.id, target: target))
        }
        delivery.drift = drift
        delivery.lookedAt = now
        deliveries[target] = delivery
        transition.changedDeliveries.insert(target)
    }

    private mutating func endLook(_ now: Timestamp) {
        lookedAt = now
        inPhase.isLookOrdered = false
        fresh.looks = [:]
    }

    /// Every target has answered, or cannot: what that means for the old key.
    private mutating func judgeLooks(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition)
    {
        let failures = subjects(requirements).compactMap { target -> (TargetName, String)? in
            if case .failed(let reason) = fresh.looks[target] { (target, reason) } else { nil }
        }
        let holders = undelivered(requirements).filter { previous != nil && fresh.looks[$0]?.key == previous?.id }
        lookedAt = now
        inPhase.isLookOrdered = false
        let blind = blindNewcomers(requirements)
        let added = hasPair && !(holders + blind).isEmpty
        if added { addTargets(holders + blind, requirements, &transition) }
        let again = pushAgainWhatDrifted(requirements, &transition)
        let isDrifting = added || again || hasOpenDeliveries || isDriftInTheWay && !stubborn(requirements).isEmpty
        if isDrifting, phase != .overlap { return restore(now, requirements, &transition) }
        if isDrifting {
            distrust()
            return blockIfDrifted(now, requirements, &transition)
        }
        if let first = holders.first, !hasLeak {
            guard phase == .overlap else {
                inPhase.needsOldKey = true
                return restore(now, requirements, &transition)
            }
            return blockForHolder(first, holders.count - 1, now, &transition)
        }
        // A leaked key does not live on because a target cannot be asked; an operator may have said the same of another one.
        if let first = failures.first, !hasLeak, retireReason == nil {
            return blockForUnreadable(first, failures.count - 1, now, &transition)
        }
        if let first = blind.first, !added, !hasLeak, retireReason == nil {
            return blockForBlind(first, blind.count - 1, now, &transition)
        }
        if let empty = youngestEmptiness(now, requirements) {
            distrust()
            retryAt = empty + IAMTimes.emptinessWait
            return
        }
        findFine(now, requirements, &transition)
    }

    private mutating func findFine(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        switch problem?.code {
        case .drifted: return beginOverlapAgain(now, requirements, &transition)
        case .unaccountedKey: problem = nil
        case .targetUnreadable: problem = nil
        default: break
        }
        if problem == nil { failures = 0 }
        // What was seen in the middle is not what will be at the end.
        if isStepDue(now, requirements) { fresh.isSeen = true } else { distrust() }
    }

    /// What was seen for a step counts while the step is due: a clock that was set back may put it off by hours.
    mutating func distrustWhatIsNotDue(_ now: Timestamp, _ requirements: UserRequirements) {
        if fresh.isSeen, phase == .overlap || phase == .soak, !isStepDue(now, requirements) { distrust() }
    }

    private func isStepDue(_ now: Timestamp, _ requirements: UserRequirements) -> Bool {
        switch phase {
        case .overlap: now >= phaseSince + overlap(requirements.policy)
        case .soak: now >= phaseSince + soak(requirements.policy)
        default: true
        }
    }

    /// An empty place is believed when it was still empty a while later: what hides a place for a moment, such as a token's
    /// lost permission, looks the same.
    private func youngestEmptiness(_ now: Timestamp, _ requirements: UserRequirements) -> Timestamp? {
        guard !hasLeak else { return nil }
        return subjects(requirements).compactMap { target in
            guard let drift = deliveries[target]?.drift, drift.kind == .noKey, drift.since <= now,
                now < drift.since + IAMTimes.emptinessWait
            else { return nil }
            return drift.since
        }.max()
    }

    /// The targets that this rotation put nothing into: after `adopt` all, else those added since.
    func undelivered(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { deliveries[$0] == nil }
    }

    /// Targets that came into the configuration after the others were delivered, and do not show which key they hold: it may
    /// be the old one. After `adopt` there are none, since then an operator has said what the targets hold.
    private func blindNewcomers(_ requirements: UserRequirements) -> [TargetName] {
        guard deliveries.values.contains(where: { $0.state == .confirmed }) else { return [] }
        return undelivered(requirements).filter { target in
            guard case .seen(let inspection) = fresh.looks[target] else { return false }
            return inspection.holding == .unreadable || inspection.holding == .unsupported
        }
    }

    private mutating func blockForBlind(
        _ target: TargetName, _ others: Int, _ now: Timestamp, _ transition: inout Transition
    ) {
        distrust()
        retryAt = now + IAMTimes.strangerWait
        let fate = previous?.status == .active ? "stays Active" : "is not deleted"
        block(
            .unaccountedKey,
            "\(target)\(others > 0 ? " (and \(others) more)" : "") came into the configuration during this rotation and does not show "
                + "which key it holds, and the new key's secret is gone, so keyturn cannot push it there. The old key "
                + "\(previous?.id.rawValue ?? "") \(fate). Put \(current?.id.rawValue ?? "the new key") there by hand, then "
                + "leave it out of this rotation with `keyturn skip \(target) --reason REASON`.", now, &transition)
    }

    private mutating func blockForHolder(
        _ target: TargetName, _ others: Int, _ now: Timestamp, _ transition: inout Transition
    ) {
        distrust()
        retryAt = now + IAMTimes.strangerWait
        block(
            .unaccountedKey,
            "\(target)\(others > 0 ? " (and \(others) more)" : "") holds the old key \(previous?.id.rawValue ?? ""), which is to be "
                + "retired, and keyturn cannot put \(current?.id.rawValue ?? "the new one") there, since its secret is gone. "
                + "Nothing was changed. Do that by hand; or leave the target out with "
                + "`keyturn skip \(target) --reason REASON`, if it can do without a key until the next rotation.",
            now, &transition)
    }

    /// A target that may hold the old key, and does not say so at the moment, keeps it Active until it does.
    private mutating func blockForUnreadable(
        _ target: (name: TargetName, reason: String), _ others: Int, _ now: Timestamp, _ transition: inout Transition
    ) {
        distrust()
        failures += 1
        retryAt = now + min(Self.doubled(failures), IAMTimes.failureLongestWait)
        // What passes within a minute is not a problem. A finding that needs a person is not replaced by a question without an
        // answer.
        guard failures >= IAMTimes.lookTries, problem?.needsPerson != true else { return }
        let fate = previous?.status == .active ? "stays Active" : "is not deleted"
        block(
            .targetUnreadable,
            "\(target.name)\(others > 0 ? " (and \(others) more)" : "") cannot be asked which key it holds: \(target.reason). "
                + "The old key \(previous?.id.rawValue ?? "") \(fate) until it can. Fix the cause; or "
                + "`keyturn retire USER --reason REASON` goes on without asking it.", now, &transition)
    }
}
