/// `revoke`: a key has leaked. What follows depends on what the key is to this rotation.
extension Rotation {
    /// What an operator's `revoke` means. Without a key, it is about the one that the targets hold.
    mutating func revoke(_ key: AccessKeyID?, _ atOnce: Bool, _ now: Timestamp, _ transition: inout Transition) {
        if isDeliveringToNewTargets, let next, key == nil || key == next.id {
            // On its way to targets that were added: the others hold it.
            current = next
            self.next = nil
            enter(.idle, now)
        }
        guard let id = key ?? current?.id else { return }
        addLeak(id, isAtOnce: atOnce)
        retryAt = nil
        transition.notes.append(
            HistoryEvent(.requested, key: id, detail: "revoke\(key.map { " \($0)" } ?? "")\(atOnce ? " at once" : "")"))
        guard strangerLeak?.id != id else { return }
        if problem?.code == .rolledBack { problem = nil }
        guard id == previous?.id else { return }
        // Whatever was to bring the old key back, or has kept it, was decided before it was known to have leaked.
        (inPhase.isRollingBack, inPhase.needsOldKey) = (false, false)
        if problem?.code == .stillUsed || problem?.code == .targetUnreadable || atOnce && problem?.code == .drifted {
            problem = nil
        }
        distrust()
    }

    /// What the leaked keys ask for out of turn, whenever the phase would come to it.
    ///
    /// Keys that are to be dead at once are first all deactivated, then deleted one after the other: the deletion of the
    /// current one goes back to `creating` with the one before it, which must not be about to be deleted itself.
    var wantedByLeaks: [Effect] {
        // It is asked at each step of each rotation, and hardly ever is there one.
        guard !leaks.isEmpty else { return [] }
        if let stranger = strangerLeak { return [fresh.isStrangerCleared ? .deactivateKey(stranger.id) : .listKeys] }
        if isNextCondemned, let next { return [next.status == .active ? .deactivateKey(next.id) : .deleteKey(next.id)] }
        let doomed = [previous, current].compactMap { $0 }.filter { isLeakedAtOnce($0.id) }
        let active = doomed.filter { $0.status == .active }
        guard active.isEmpty else { return active.map { .deactivateKey($0.id) } }
        guard let first = doomed.first else { return [] }
        // The current one is in the way of its successor only while the key before it is kept, as in `overlap`.
        return first.id == previous?.id || phase == .overlap ? [.deleteKey(first.id)] : []
    }

    /// The same, once the wait after a failure is over.
    ///
    /// A deletion changes what a listing means. One that was begun before it must not be taken for one after it, which would miss
    /// the key that is made next.
    func wantedForRevocation(_ now: Timestamp) -> [Effect] {
        guard (retryAt ?? now) <= now else { return [] }
        return deletesLeak && transient.inFlight.contains(.listKeys) ? [] : wantedByLeaks
    }

    /// Whether nothing but what a leak asks for is to be asked of IAM. Pushes of a sound key go on.
    var isRevocationExclusive: Bool { strangerLeak != nil || isNextCondemned || deletesLeak }

    private var deletesLeak: Bool {
        wantedByLeaks.contains { if case .deleteKey = $0 { true } else { false } }
    }

    // MARK: What became of it

    /// A leaked key was made Inactive out of turn.
    mutating func leakDeactivated(_ id: AccessKeyID, _ transition: inout Transition) {
        dropProblemOfAWS()
        if strangerLeak?.id == id {
            return strangerIsInactive(id, &transition)
        }
        let detail: String
        if id == current?.id {
            current?.status = .inactive
            detail = "it has leaked; who holds it is cut off until the new key arrives"
        } else if id == next?.id {
            next?.status = .inactive
            detail = "it has leaked; another key is made"
        } else {
            previous?.status = .inactive
            detail = "it has leaked"
        }
        transition.notes.append(HistoryEvent(.deactivated, key: id, detail: detail))
    }

    /// A leaked key that someone has deleted by hand is as dead as it can be.
    mutating func leakIsGone(_ effect: Effect, _ transition: inout Transition) -> Bool {
        guard case .deactivateKey(let id) = effect, isLeaked(id), wantedByLeaks.contains(effect) else { return false }
        guard strangerLeak?.id != id else { return false }
        dropProblemOfAWS()
        if id == current?.id { current?.status = .inactive }
        if id == next?.id { next?.status = .inactive }
        if id == previous?.id { previous?.status = .inactive }
        transition.notes.append(
            HistoryEvent(.deactivated, key: id, detail: "it has leaked, and is gone from IAM already"))
        return true
    }

    /// A leaked key was deleted out of turn.
    ///
    /// - Returns: whether this was one.
    mutating func leakDeleted(
        _ id: AccessKeyID, _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) -> Bool {
        if id == next?.id, isNextCondemned {
            transition.notes.append(HistoryEvent(.deleted, key: id, detail: "it has leaked; another key is made"))
            condemnedIsGone(now, policy, &transition)
        } else if id == current?.id, isLeaked(id), phase == .overlap {
            transition.notes.append(HistoryEvent(.deleted, key: id, detail: "it has leaked; another key is made"))
            makeAnother(now, policy, &transition)
        } else if id == previous?.id, isLeakedAtOnce(id) {
            // The rotation goes on without it: the targets are looked at once more, and those that show it are pushed again.
            transition.notes.append(HistoryEvent(.deleted, key: id, detail: "it has leaked"))
            previous = nil
            dropProblemOfAWS()
            if problem?.code == .drifted { problem = nil }
            distrust()
        } else {
            return false
        }
        return true
    }

    /// Back to `creating`. The key before it is untouched, and targets that have confirmed the leaked one get the next.
    private mutating func condemnedIsGone(_ now: Timestamp, _ policy: Policy, _ transition: inout Transition) {
        dropLeak(next?.id)
        next = nil
        transition.wipesPair = true
        enter(.creating, now)
        renewDeliveries(deliveries.filter { $0.value.state != .skipped }.keys, now, policy, &transition)
    }

    /// A leaked key without a record, by what IAM lists now.
    mutating func judgeStranger(
        _ stranger: Leak, _ keys: [AccessKey], _ now: Timestamp, _ transition: inout Transition
    ) {
        let order = Event.Request.revoke(stranger.id, atOnce: stranger.isAtOnce)
        dropProblemOfAWS()
        guard let listed = keys.first(where: { $0.id == stranger.id }) else {
            dropLeak(stranger.id)
            let others = keys.map(\.id.rawValue).joined(separator: " and ")
            let words =
                "IAM does not list \(stranger.id) among the user's keys\(others.isEmpty ? "" : "; it lists \(others)")"
            return refuse(order, OrderRefusal(words), &transition)
        }
        // By hand, or by a call whose answer was lost.
        guard listed.status == .active else { return strangerIsInactive(stranger.id, &transition) }
        let left = keys.filter { $0.id != stranger.id && $0.status == .active && !isRevokedStranger($0.id) }
        guard !left.isEmpty else {
            dropLeak(stranger.id)
            let words =
                "\(stranger.id) is the user's last Active key, and keyturn has no record of it. Where the targets hold it, "
                + "`keyturn adopt USER --current \(stranger.id)` and then `keyturn revoke USER` replace it; else deactivate it in IAM"
            return refuse(order, OrderRefusal(words), &transition)
        }
        fresh.isStrangerCleared = true
    }

    private mutating func strangerIsInactive(_ id: AccessKeyID, _ transition: inout Transition) {
        fresh.isStrangerCleared = false
        dropLeak(id)
        revokedStrangers = Array(((revokedStrangers ?? []).filter { $0 != id } + [id]).suffix(Leak.limit))
        transition.notes.append(
            HistoryEvent(
                .deactivated, key: id,
                detail: "it has leaked. keyturn has no record of it and does not delete it: delete it in IAM yourself"))
    }

    private func isRevokedStranger(_ id: AccessKeyID) -> Bool {
        !isAccountedFor(id) && revokedStrangers?.contains(id) == true
    }

    /// AWS has done what it refused before. What else is wrong stays.
    private mutating func dropProblemOfAWS() {
        switch problem?.code {
        case .denied, .ownKey, .unreachable, .refused, .noSuchUser: problem = nil
        default: break
        }
    }
}
