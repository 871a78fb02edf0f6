/// A target that shows the old key again gets the new one again; what does not last stops the user.
extension Rotation {
    /// The key that is on its way to targets: the new one, or in `overlap` the one that a target has lost again.
    public var deliveringKey: KeyRecord? {
        switch phase {
        case .delivering: next
        case .overlap where hasOpenDeliveries && problem?.code != .rolledBack: current
        default: nil
        }
    }

    /// Whether a target is yet to confirm the key.
    public var hasOpenDeliveries: Bool { deliveries.values.contains { !$0.isSettled && $0.leftAt == nil } }

    /// Whether the journal has the pair that the targets are to hold.
    var hasPair: Bool { keyOfPair != nil && keyOfPair?.id == current?.id }

    /// Opens the delivery to each target that drifted, as often as that is allowed.
    ///
    /// - Returns: whether there is one.
    mutating func pushAgainWhatDrifted(_ requirements: UserRequirements, _ transition: inout Transition) -> Bool {
        var isAny = false
        for target in drifting(requirements) where mayPushAgain(target, requirements) {
            openAgain(target, &transition)
            isAny = true
        }
        return isAny
    }

    private mutating func openAgain(_ target: TargetName, _ transition: inout Transition) {
        guard var delivery = deliveries[target] else { return }
        delivery.state = .pending
        delivery.quickTries = 0
        delivery.retryAt = nil
        delivery.pushedAgain += 1
        delivery.detail = delivery.drift?.words
        deliveries[target] = delivery
        // The key may have been taken away since the last delivery.
        transient.isListed = false
        transition.changedDeliveries.insert(target)
        transition.notes.append(HistoryEvent(.pushingAgain, key: current?.id, target: target, detail: delivery.detail))
    }

    private func drifting(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { target in
            guard let delivery = deliveries[target], delivery.state == .confirmed else { return false }
            return delivery.drift?.isPushedAgain == true
        }
    }

    /// Those that were pushed again, and still show what they should not.
    func stubborn(_ requirements: UserRequirements) -> [TargetName] {
        drifting(requirements).filter { !mayPushAgain($0, requirements) }
    }

    /// Once where two values are written, for jobs meet a half-written pair each time; thrice where one is.
    private func mayPushAgain(_ target: TargetName, _ requirements: UserRequirements) -> Bool {
        guard hasPair, let delivery = deliveries[target], let drift = delivery.drift else { return false }
        let isKeySeen = drift.kind == .oldKey || drift.kind == .deletedKey
        return delivery.pushedAgain < (isKeySeen && requirements.oneValue.contains(target) ? 3 : 1)
    }

    /// The old key stays Active until a person has found who writes it.
    mutating func blockIfDrifted(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        let targets = stubborn(requirements)
        guard phase == .overlap, let first = targets.first, let delivery = deliveries[first], let previous,
            isDriftInTheWay
        else { return }
        retryAt = now + IAMTimes.strangerWait
        let tried =
            hasPair || delivery.pushedAgain > 0
            ? "It was pushed again \(delivery.pushedAgain == 1 ? "once" : "\(delivery.pushedAgain) times"), and that did not last"
            : "It cannot be pushed again, since the secret was not kept (`retain-secret: none`)"
        let retry = hasPair ? "then `keyturn retry USER` pushes again; or " : "put the pair there by hand; or "
        block(
            .drifted,
            "\(first)\(andMore(of: targets.count)): \(delivery.drift?.words ?? "it has changed"), although \(current?.id.rawValue ?? "the new key") was "
                + "confirmed there. \(tried). \(fate(of: previous)) Find what writes to the target (Terraform, "
                + "another tool, a person); \(retry)`keyturn skip \(first) --reason REASON` leaves it out.",
            now, &transition)
    }

    private func fate(of old: KeyRecord) -> String {
        guard isLeaked(old.id) else { return "The old key \(old.id) stays Active." }
        guard old.status == .active else {
            return "The leaked key \(old.id) is \(old.status.rawValue), so jobs there fail."
        }
        return "THE LEAKED KEY \(old.id) stays Active until then; `keyturn revoke \(old.id) --now` kills it before."
    }

    /// Whether what a target shows keeps the old key: not one that an operator wants dead at once, whoever holds it.
    var isDriftInTheWay: Bool { previous.map { !isLeakedAtOnce($0.id) } ?? false }

    // MARK: The old key comes back

    /// Whether a target needs the old key although it is Inactive.
    var isRestoring: Bool {
        guard phase == .soak || phase == .deleting, !hasLeak else { return false }
        return deliveries.values.contains {
            $0.leftAt == nil && !$0.isSettled || $0.state == .confirmed && $0.drift?.isPushedAgain == true
        }
    }

    /// From `soak` back to `overlap`. A leaked key stays dead.
    mutating func restore(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        distrust()
        // Else the old key is made Active first.
        if hasLeak || previous?.status == .active { backToOverlap(now, requirements, &transition) }
    }

    mutating func backToOverlap(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        enter(.overlap, now)
        transient.isListed = false
        _ = pushAgainWhatDrifted(requirements, &transition)
        blockIfDrifted(now, requirements, &transition)
    }

    /// Someone has deleted the key that was to be brought back: the targets get the new one all the same.
    mutating func restoredIsGone(
        _ effect: Effect, _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) -> Bool {
        guard isRestoring || inPhase.needsOldKey, let previous, effect == .activateKey(previous.id) else {
            return false
        }
        backToOverlap(now, requirements, &transition)
        return true
    }

    /// The last target that had drifted has confirmed the key again: jobs that began there meanwhile may finish.
    mutating func beginOverlapAgain(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition)
    {
        guard phase == .overlap, problem?.code != .rolledBack else { return }
        transition.notes.append(allDelivered(current?.id, "the overlap begins again"))
        enter(.overlap, now)
        blockIfDrifted(now, requirements, &transition)
    }
}
