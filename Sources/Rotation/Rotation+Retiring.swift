/// `overlap`, `soak`, `deleting`: how the old key goes, one reversible step at a time.
extension Rotation {
    func wantedInOverlap(_ now: Timestamp, _ policy: Policy) -> [Effect] {
        if problem?.code == .rolledBack { return [] }
        return now >= phaseSince + overlap(policy) ? wantedForDeactivation(policy) : []
    }

    func wantedInSoak(_ now: Timestamp, _ policy: Policy) -> [Effect] {
        if isRollingBack, let previous { return [.activateKey(previous.id)] }
        return now >= phaseSince + soak(policy) ? [.listKeys] : []
    }

    /// A leaked key does not wait.
    func overlap(_ policy: Policy) -> Duration { revoked == nil ? policy.overlap : .zero }

    /// A leaked key is not kept to be brought back.
    func soak(_ policy: Policy) -> Duration { revoked == nil ? policy.soak : .zero }

    private func wantedForDeactivation(_ policy: Policy) -> [Effect] {
        guard let previous else { return [.listKeys] }
        if revoked == nil {
            if policy.proofOfUse, !isInUse, let current { return [.lookUpLastUse(current.id)] }
            if policy.quiet != nil, !isQuiet { return [.lookUpLastUse(previous.id)] }
        }
        return [isCleared ? .deactivateKey(previous.id) : .listKeys]
    }

    mutating func judgeQuiet(
        _ moment: Timestamp?, _ now: Timestamp, _ terms: Terms, _ transition: inout Transition
    ) {
        let until = (moment ?? Timestamp(milliseconds: 0)) + (terms.policy.quiet ?? .zero)
        isQuiet = until <= now
        guard !isQuiet else { return }
        retryAt = max(until, now + .seconds(1))
        transition.notes.append(
            Note(.stillInUse, key: previous?.id, detail: "used within `quiet`: it stays active until it is not"))
    }

    mutating func judgeUse(_ moment: Timestamp?, _ now: Timestamp, _ transition: inout Transition) {
        // keyturn's own verification used it too, before the targets had it.
        isInUse = moment.map { $0 >= phaseSince } ?? false
        guard !isInUse else { return }
        retryAt = now + IAMTimes.lastUseWait
        transition.notes.append(
            Note(.notInUse, key: current?.id, detail: "not seen in use since its delivery: the old key stays active"))
    }

    mutating func keyDeactivated(_ id: AccessKeyID, _ now: Timestamp, _ transition: inout Transition) {
        if phase == .overlap, id == previous?.id { return deactivated(now, &transition) }
        guard id == revoked, id == current?.id else { return }
        current?.status = .inactive
        transition.notes.append(
            Note(.deactivated, key: id, detail: "it has leaked; who holds it is cut off until the new key arrives"))
    }

    mutating func deactivated(_ now: Timestamp, _ transition: inout Transition) {
        let detail = revoked == nil ? "can still be brought back" : "it has leaked"
        transition.notes.append(Note(.deactivated, key: previous?.id, detail: detail))
        previous?.status = .inactive
        enter(.soak, now)
    }

    mutating func keyDeleted(_ id: AccessKeyID, _ now: Timestamp, _ transition: inout Transition) {
        if phase == .creating, id == orphan { return orphanDeleted(id, now, &transition) }
        guard phase == .deleting, id == previous?.id else { return }
        transition.notes.append(Note(.deleted, key: id))
        complete(now, &transition)
    }

    mutating func complete(_ now: Timestamp, _ transition: inout Transition) {
        transition.notes.append(Note(.completed, key: current?.id))
        if previous?.id == revoked || current?.id != revoked {
            revoked = nil
            revokesAtOnce = false
        }
        previous = nil
        enter(.idle, now)
    }
}
