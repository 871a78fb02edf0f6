/// What an operator can order: `rotate`, `retry`, `rollback`, `adopt`.
extension Rotation {
    /// One that is in progress already is the one that was asked for.
    ///
    /// - Parameter policy: whose freezes count; nil: none do.
    mutating func rotate(heeding policy: Policy?, _ now: Timestamp, _ transition: inout Transition) {
        retryAt = phase == .idle ? nil : retryAt
        guard phase == .idle else {
            return transition.notes.append(
                HistoryEvent(.requested, detail: "rotate: rotation \(number) is in progress and goes on"))
        }
        guard !isRequested else { return }
        transition.notes.append(HistoryEvent(.requested, detail: "rotate"))
        if current == nil, let policy, frozenUntil(now, policy) != nil {
            // A freeze does not hold a user's first key, and whether it would be the first shows when IAM is listed.
            inPhase.isOrderedInFreeze = true
        } else {
            isRequested = true
        }
    }

    /// The user turns out to have a key, which a freeze may hold.
    ///
    /// - Returns: whether the order is refused.
    mutating func refusesInFreeze(_ now: Timestamp, _ policy: Policy, _ transition: inout Transition) -> Bool {
        guard inPhase.isOrderedInFreeze, current != nil else { return false }
        inPhase.isOrderedInFreeze = false
        guard let refusal = refusalInFreeze(now, policy) else {
            isRequested = true
            return false
        }
        refuse(.rotate(), refusal, &transition)
        return true
    }

    /// Whatever waits is tried now; what has drifted is pushed again, as if it had not been.
    mutating func retry(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        retryAt = nil
        if problem?.code == .rolledBack { enter(.overlap, now) }
        if phase == .overlap {
            for target in stubborn(requirements) where deliveries[target]?.pushedAgain != 0 {
                deliveries[target]?.pushedAgain = 0
            }
            _ = pushAgainWhatDrifted(requirements, &transition)
            if problem?.code == .drifted, hasOpenDeliveries { problem = nil }
        }
        inPhase.isLookOrdered = phase == .idle || phase == .overlap || phase == .soak
        hurryPushes(&transition)
    }

    /// The old key comes back, and stays until the operator says `retry`.
    mutating func rollBack(_ now: Timestamp, _ transition: inout Transition) {
        switch phase {
        case .soak:
            inPhase.isRollingBack = true
            retryAt = nil
            transition.notes.append(HistoryEvent(.requested, key: previous?.id, detail: "roll back"))
        case .overlap:
            transition.notes.append(HistoryEvent(.requested, key: previous?.id, detail: "roll back"))
            blockRolledBack(now, &transition)
        case .idle, .creating, .verifying, .delivering, .deleting: break
        }
    }

    mutating func activated(
        _ id: AccessKeyID, _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        guard id == previous?.id else { return }
        previous?.status = .active
        if inPhase.isReplacing {
            transition.notes.append(HistoryEvent(.activated, key: id, detail: "its successor is gone from IAM"))
            return replaceCurrent(now, requirements.policy, &transition)
        }
        guard phase == .soak || phase == .deleting else { return }
        guard inPhase.isRollingBack else {
            transition.notes.append(HistoryEvent(.activated, key: id, detail: "a target holds it, or may hold it"))
            return backToOverlap(now, requirements, &transition)
        }
        transition.notes.append(HistoryEvent(.activated, key: id, detail: "brought back by an operator"))
        enter(.overlap, now)
        blockRolledBack(now, &transition)
    }

    private mutating func blockRolledBack(_ now: Timestamp, _ transition: inout Transition) {
        block(
            .rolledBack,
            "An operator rolled back: \(previous?.id.rawValue ?? "the old key") stays Active along with "
                + "\(current?.id.rawValue ?? "the new one"), which the targets hold. `keyturn retry` begins the overlap again.",
            now, &transition)
    }

    /// Whether an operator's word on which key is in use is heard: not while keyturn knows it.
    var isAdoptable: Bool {
        phase == .idle || phase == .creating || phase == .overlap && problem?.code == .unaccountedKey
    }

    /// One of the listed keys is the one in use; the other one is retired like a replaced key.
    mutating func adopt(
        _ id: AccessKeyID, _ keys: [AccessKey], _ now: Timestamp, _ transition: inout Transition
    ) {
        transient.adopting = nil
        guard let chosen = keys.first(where: { $0.id == id }) else {
            let listed = keys.map(\.id.rawValue).joined(separator: " and ")
            // The user's problem is what it was.
            retryAt = problem == nil ? nil : now + IAMTimes.strangerWait
            let words = "IAM has no key \(id) for this user\(listed.isEmpty ? "" : "; it lists \(listed)")"
            return refuse(.adopt(id), OrderRefusal(words), &transition)
        }
        guard chosen.status == .active else {
            retryAt = problem == nil ? nil : now + IAMTimes.strangerWait
            let words =
                "the key \(id) is \(chosen.status.rawValue), so nothing can be using it; make it Active in IAM first"
            return refuse(.adopt(id), OrderRefusal(words), &transition)
        }
        let isKnown = phase == .idle && id == current?.id
        current = KeyRecord(chosen)
        next = nil
        creations = []
        transient.orphan = nil
        previous = keys.first { $0.id != id }.map(KeyRecord.init)
        // What left the configuration is as it was; and of a key that keyturn has delivered itself it knows where it is.
        if !isKnown {
            transition.removedDeliveries.formUnion(deliveries.filter { $0.value.leftAt == nil }.keys)
            deliveries = deliveries.filter { $0.value.leftAt != nil }
        }
        retained = nil
        transition.wipesPair = true
        dropLeaksOfOthers()
        let other = previous.map { "; \($0.id) is retired: overlap, soak, deletion" } ?? ""
        transition.notes.append(HistoryEvent(.adopted, key: id, detail: "an operator named it\(other)"))
        enter(previous.map { $0.status == .active ? .overlap : .soak } ?? .idle, now)
    }

    /// Where unknown keys stand in the way, what the targets hold is worth knowing.
    func wantedInspections(_ requirements: UserRequirements) -> [Effect] {
        guard phase == .idle, problem?.code == .unaccountedKey, transient.adopting == nil else { return [] }
        return requirements.targets.filter { fresh.looks[$0] == nil }.map { .inspect($0) }
    }

    /// The new key, on its way to the targets, may have been taken away.
    mutating func seeWhileDelivering(
        _ keys: [AccessKey], _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) {
        transient.isListed = true
        guard let next else { return }
        if let listed = keys.first(where: { $0.id == next.id }) {
            guard listed.status != .active else {
                problem = nil
                return
            }
            retryAt = now + IAMTimes.failureWait
            return block(
                .currentKeyUnusable,
                "Someone made the new key \(next.id) \(listed.status.rawValue) while it was being delivered. It is pushed "
                    + "nowhere until it is Active again; delete it in IAM to have another one made.", now, &transition)
        }
        guard isSurelyGone(now) else {
            transient.isListed = false
            retryAt = now + .seconds(10)
            return block(
                .currentKeyGone,
                "IAM does not list the new key \(next.id), which is being delivered. It is pushed nowhere until it is; if "
                    + "it is still missing in a minute, keyturn makes another one.", now, &transition)
        }
        loseNext(next, "gone from IAM while it was being delivered", now, &transition)
        renewDeliveries(deliveries.filter { $0.value.state != .skipped }.keys, now, policy, &transition)
    }
}
