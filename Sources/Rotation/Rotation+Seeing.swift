/// What a listing of the user's keys means in each phase.
extension Rotation {
    mutating func see(
        _ listed: [AccessKey], _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        // IAM still lists a key for a while after it was deleted: that one is gone.
        let keys = listed.filter { !isJustDeleted($0.id, now) }
        if var current, let listed = keys.first(where: { $0.id == current.id }) {
            current.status = listed.status
            self.current = current
        }
        if strangerLeak != nil { takeOverOnlyKey(keys, &transition) }
        if let strangerLeak { return judgeStranger(strangerLeak, keys, now, &transition) }
        if let adopting = transient.adopting { return adopt(adopting, keys, now, &transition) }
        switch phase {
        case .idle: seeBeforeBeginning(keys, now, requirements, &transition)
        case .creating: seeWhileCreating(keys, now, &transition)
        case .verifying: seeWhileVerifying(keys, now, &transition)
        case .delivering: seeWhileDelivering(keys, now, requirements.policy, &transition)
        case .overlap, .soak, .deleting: seeBeforeRetiring(keys, now, requirements.policy, &transition)
        }
    }

    /// Of a user without a record, or whose key a person replaced before its first rotation, which may have waited for months.
    private mutating func takeOverOnlyKey(_ keys: [AccessKey], _ transition: inout Transition) {
        guard phase == .idle, number == 0, keys.count == 1, current?.id != keys[0].id else { return }
        current = KeyRecord(keys[0])
        problem = nil
        transition.notes.append(HistoryEvent(.takenOver, key: keys[0].id, detail: "the user's only key"))
    }

    private func isJustDeleted(_ id: AccessKeyID, _ now: Timestamp) -> Bool {
        guard ![current, next, previous].contains(where: { $0?.id == id }) else { return false }
        return deletedKeys.contains { $0.id == id && now < $0.at + IAMTimes.deletionLag && now >= $0.at }
    }

    private mutating func seeBeforeBeginning(
        _ keys: [AccessKey], _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        // The listing that follows the targets' answers shows the same keys a moment later.
        if inPhase.checks.isEmpty {
            transition.notes.append(
                contentsOf: keys.map { HistoryEvent(.keysSeen, key: $0.id, detail: $0.status.rawValue) })
        }
        takeOverOnlyKey(keys, &transition)
        let strangers = keys.filter { $0.id != current?.id }
        guard strangers.isEmpty else {
            retryAt = now + IAMTimes.strangerWait
            return block(
                .unaccountedKey, Self.sentence(about: strangers, besides: current, fresh.looks), now, &transition)
        }
        guard !refusesInFreeze(now, requirements.policy, &transition), isDue(now, requirements.policy) else { return }
        // The listing that follows the targets' answers begins the rotation.
        inPhase.isPreflight = needsPreflight(requirements)
        guard !inPhase.isPreflight else { return }
        start(keys.isEmpty, now, requirements, &transition)
    }

    private mutating func start(
        _ hasNoKey: Bool, _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        let reason =
            if hasLeak { "the key has leaked" } else if isRequested {
                "asked for by an operator"
            } else if current == nil {
                "the user has no key yet"
            } else if hasNoKey {
                "the key that the targets hold is gone from IAM"
            } else { "the key has reached the age at which it is rotated" }
        transition.notes.append(HistoryEvent(.began, key: current?.id, detail: reason))
        if hasNoKey { current = nil }
        enter(.creating, now)
        number += 1
        isRequested = false
        next = nil
        previous = nil
        creations = []
        transition.removedDeliveries.formUnion(deliveries.keys)
        // Of what has left, only a leak's rotation lets go: it does not wait for an operator.
        deliveries = deliveries.filter { requirements.targets.contains($0.key) || $0.value.leftAt != nil }
        renewDeliveries(requirements.targets + leftTargets, now, requirements.policy, &transition)
        for target in requirements.targets { deliveries[target]?.identity = requirements.identities[target] }
    }

    private mutating func seeBeforeRetiring(
        _ keys: [AccessKey], _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) {
        guard let current else { return complete(now, &transition) }
        guard let holding = keys.first(where: { $0.id == current.id }) else {
            return seeCurrentGone(keys, now, policy, &transition)
        }
        // A current key that leaked may be dead already, by an operator's word.
        guard holding.status == .active || isLeaked(current.id) else {
            retryAt = now + IAMTimes.failureWait
            distrust()
            return block(
                .currentKeyUnusable,
                "The key \(current.id), which the targets hold, is no longer active in IAM. "
                    + (previous.map { "The old key \($0.id) was left as it is. " } ?? "")
                    + "Make \(current.id) active again in IAM.", now, &transition)
        }
        transient.isListed = true
        let old = keys.first { $0.id == previous?.id }
        if phase == .overlap, hasOpenDeliveries {
            // A target is pushed again first, whatever became of the old key.
            self.previous?.status = old?.status ?? .inactive
            if problem?.code != .drifted { problem = nil }
            return
        }
        // A leaked one was deleted as soon as it was Inactive.
        guard let previous else { return complete(now, &transition) }
        guard let old else {
            transition.notes.append(HistoryEvent(.deleted, key: previous.id, detail: "deleted by someone else"))
            return complete(now, &transition)
        }
        self.previous?.status = old.status
        problem = nil
        retire(old, now, &transition)
    }

    private mutating func retire(_ old: AccessKey, _ now: Timestamp, _ transition: inout Transition) {
        switch (phase, old.status) {
        case (.overlap, .active): fresh.mayRetireOldKey = true
        case (.overlap, _): deactivated(now, &transition)
        case (.soak, .active), (.deleting, .active):
            transition.notes.append(
                HistoryEvent(
                    .reactivatedOutside, key: old.id, detail: "someone made it Active: the overlap begins again"))
            enter(.overlap, now)
        case (.soak, _):
            enter(.deleting, now)
            fresh.mayRetireOldKey = true
        default: fresh.mayRetireOldKey = true
        }
    }

    static func sentence(
        about strangers: [AccessKey], besides current: KeyRecord?, _ looks: [TargetName: Look] = [:]
    ) -> String {
        let list = strangers.map { "\($0.id) (\($0.status.rawValue))" }.joined(separator: " and ")
        let known = current.map { " besides \($0.id)" } ?? ""
        let seen = looks.compactMap { target, look in look.key.map { "\(target) holds \($0)" } }.sorted()
        let evidence = seen.isEmpty ? "" : " Seen: \(seen.prefix(5).joined(separator: ", "))."
        let candidates = [current?.id].compactMap(\.self) + strangers.map(\.id)
        let commands = candidates.map { "`keyturn adopt USER --current \($0)`" }.joined(separator: " or ")
        return
            "IAM lists \(list)\(known), and keyturn has no record of where \(strangers.count == 1 ? "it is" : "they are") used. Nothing was changed.\(evidence) "
            + "Find out which key is in use; then delete the other one in IAM, or name the one in use: \(commands)."
    }
}
