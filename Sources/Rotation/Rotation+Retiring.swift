/// `overlap`, `soak`, `deleting`: how the old key goes, one reversible step at a time.
extension Rotation {
    func wantedInOverlap(_ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        // A leaked current key that goes at once is the one that makes room for its successor: the key before it stays Active.
        if problem?.code == .rolledBack || isLeakedAtOnce(current?.id) { return [] }
        let isOver = now >= phaseSince + overlap(requirements.policy)
        guard isOver else {
            // An order to retire the old key waits for nothing but the time; a target that drifted is looked at until it is well.
            return problem?.code == .drifted || isLookDue(now, requirements.policy) ? wantedLooks(requirements) : []
        }
        return wantedForDeactivation(requirements)
    }

    func wantedInSoak(_ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        if inPhase.isRollingBack || inPhase.needsOldKey || isRestoring, let previous {
            return [.activateKey(previous.id)]
        }
        let isOver = now >= phaseSince + soak(requirements.policy) && !isLeftBehind
        guard isOver || isLookDue(now, requirements.policy) else { return [] }
        if !isLookedAt(requirements) { return wantedLooks(requirements) }
        return isOver ? [.listKeys] : []
    }

    func wantedWhileDeleting(_ requirements: UserRequirements) -> [Effect] {
        guard let previous else { return isLookedAt(requirements) ? [.listKeys] : wantedLooks(requirements) }
        if inPhase.needsOldKey || isRestoring { return [.activateKey(previous.id)] }
        if isLeftBehind { return [] }
        if fresh.mayRetireOldKey { return [.deleteKey(previous.id)] }
        return isLookedAt(requirements) ? [.listKeys] : wantedLooks(requirements)
    }

    /// A leaked key does not wait.
    func overlap(_ policy: Policy) -> Duration { hasLeak ? .zero : policy.overlap }

    /// A leaked key is not kept to be brought back.
    func soak(_ policy: Policy) -> Duration { hasLeak ? .zero : policy.soak }

    private func wantedForDeactivation(_ requirements: UserRequirements) -> [Effect] {
        guard let previous, !isLeakedAtOnce(previous.id) else {
            // It is deactivated and deleted out of turn; the targets that still hold it get the new one all the same.
            if !isLookedAt(requirements) { return wantedLooks(requirements) }
            return previous == nil ? [.listKeys] : []
        }
        if isLeftBehind { return [] }
        let asksLastUse = asksLastUse(requirements.policy) && !fresh.isQuiet
        // Targets were looked at when it was found to be in use; they are looked at again once it is not.
        if asksLastUse, problem?.code == .stillUsed { return [.lookUpLastUse(previous.id)] }
        if !isLookedAt(requirements) { return wantedLooks(requirements) }
        if requirements.policy.proofOfUse, !hasLeak, retireReason == nil, !fresh.isInUse, let current {
            return [.lookUpLastUse(current.id)]
        }
        if asksLastUse { return [.lookUpLastUse(previous.id)] }
        return [fresh.mayRetireOldKey ? .deactivateKey(previous.id) : .listKeys]
    }

    /// Whether IAM is asked when the old key was last used. A leak does not wait, and an operator may know better.
    private func asksLastUse(_ policy: Policy) -> Bool {
        policy.requiredQuiet != nil && !hasLeak && retireReason == nil
    }

    /// The old key is retired though this target was seen to hold it: it gets one again with the next rotation.
    mutating func leaveOut(
        _ target: TargetName, _ reason: String, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        var delivery = deliveries[target] ?? Delivery()
        delivery.state = .skipped
        delivery.evidence = nil
        delivery.at = now
        delivery.retryAt = nil
        delivery.detail = reason
        delivery.drift = nil
        deliveries[target] = delivery
        transition.changedDeliveries.insert(target)
        transition.notes.append(HistoryEvent(.skipped, key: current?.id, target: target, detail: reason))
        problem = nil
        retryAt = nil
        distrust()
        if phase == .overlap { blockIfDrifted(now, requirements, &transition) }
    }

    mutating func judgeQuiet(
        _ use: LastUse?, _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        lastUse = use
        let quiet = requirements.policy.requiredQuiet ?? .zero
        guard let use, use.at + quiet > now else {
            fresh.isQuiet = true
            return
        }
        distrust()
        retryAt = max(min(use.at + quiet, now + IAMTimes.lastUseWait), now + .seconds(1))
        let place = [use.service, use.region.map { "in \($0)" }].compactMap { $0 }.joined(separator: " ")
        let old = previous?.id.rawValue ?? "the old key"
        if problem?.code != .stillUsed {
            transition.notes.append(
                HistoryEvent(.stillInUse, key: previous?.id, detail: place.isEmpty ? nil : "for \(place)"))
        }
        block(
            .stillUsed,
            "The old key \(old) is still in use\(place.isEmpty ? "" : ", for \(place)"), so it stays Active although every target has "
                + "confirmed \(current?.id.rawValue ?? "the new one"). keyturn asks again every 5 minutes and goes on once it is quiet. "
                + "`keyturn uses USER` shows who uses it; `keyturn retire USER --reason REASON` deactivates it all the same.",
            now, &transition)
    }

    /// Why the old key is deactivated, as far as that is true of this key.
    func reasonToDeactivate(_ id: AccessKeyID) -> String {
        if isLeaked(id) { return "it has leaked" }
        if hasLeak { return "it is in the way of replacing a leaked key" }
        if let retireReason { return "by an operator's order: \(retireReason)" }
        return "\(confirmation), and the overlap is over"
    }

    /// Why the old key is deleted, as far as that is true of this key.
    func reasonToDelete(_ id: AccessKeyID) -> String {
        if isLeaked(id) { return "it has leaked" }
        return hasLeak ? "it is in the way of replacing a leaked key" : "it was Inactive for the whole soak"
    }

    private var confirmation: String {
        if deliveries.isEmpty { return "an operator has adopted the other key" }
        return "every target has confirmed its successor" + (exception.map { ", \($0)" } ?? "")
    }

    mutating func judgeUse(_ use: LastUse?, _ now: Timestamp, _ transition: inout Transition) {
        // keyturn's own verification used it too, before the targets had it.
        fresh.isInUse = use.map { $0.at >= phaseSince } ?? false
        guard !fresh.isInUse else { return }
        distrust()
        retryAt = now + IAMTimes.lastUseWait
        transition.notes.append(
            HistoryEvent(
                .notInUse, key: current?.id, detail: "not seen in use since its delivery: the old key stays active"))
    }

    mutating func keyDeactivated(_ id: AccessKeyID, _ now: Timestamp, _ transition: inout Transition) {
        if phase == .overlap, id == previous?.id, !isLeakedAtOnce(id) { return deactivated(now, &transition) }
        if isLeaked(id) { leakDeactivated(id, &transition) }
    }

    mutating func deactivated(_ now: Timestamp, _ transition: inout Transition) {
        let detail =
            isLeaked(previous?.id)
            ? "it has leaked"
            : hasLeak ? "it was in the way of replacing a leaked key" : "can still be brought back"
        transition.notes.append(HistoryEvent(.deactivated, key: previous?.id, detail: detail))
        previous?.status = .inactive
        enter(.soak, now)
    }

    mutating func keyDeleted(
        _ id: AccessKeyID, _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) {
        if phase == .creating, id == transient.orphan { return orphanDeleted(id, now, &transition) }
        if leakDeleted(id, now, policy, &transition) { return }
        guard phase == .deleting, id == previous?.id else { return }
        transition.notes.append(HistoryEvent(.deleted, key: id))
        complete(now, &transition)
    }

    mutating func complete(_ now: Timestamp, _ transition: inout Transition) {
        transition.notes.append(HistoryEvent(.completed, key: current?.id))
        keepOutage(&transition)
        dropLeaksThatAreOver()
        previous = nil
        lastUse = nil
        enter(.idle, now)
    }

    /// So that it is known when IAM still lists it, or a target holds it.
    mutating func remember(deleted id: AccessKeyID, _ now: Timestamp) {
        deletedKeys.removeAll { $0.id == id }
        deletedKeys.append(DeletedKey(id: id, at: now))
        if deletedKeys.count > IAMTimes.deletedKeyLimit { deletedKeys.removeFirst() }
    }
}
