/// `overlap`, `soak`, `deleting`: how the old key goes, one reversible step at a time.
extension Rotation {
    func wantedInOverlap(_ now: Timestamp, _ terms: Terms) -> [Effect] {
        if problem?.code == .rolledBack { return [] }
        return now >= phaseSince + overlap(terms.policy) ? wantedForDeactivation(terms) : []
    }

    func wantedInSoak(_ now: Timestamp, _ policy: Policy) -> [Effect] {
        if isRollingBack, let previous { return [.activateKey(previous.id)] }
        return now >= phaseSince + soak(policy) ? [.listKeys] : []
    }

    /// A leaked key does not wait.
    func overlap(_ policy: Policy) -> Duration { revoked == nil ? policy.overlap : .zero }

    /// A leaked key is not kept to be brought back.
    func soak(_ policy: Policy) -> Duration { revoked == nil ? policy.soak : .zero }

    private func wantedForDeactivation(_ terms: Terms) -> [Effect] {
        guard let previous else { return [.listKeys] }
        let policy = terms.policy
        if revoked == nil {
            let unseen = undelivered(terms).filter { sightings[$0] == nil }
            if !unseen.isEmpty { return unseen.map { .inspect($0) } }
            if policy.proofOfUse, !isInUse, let current { return [.lookUpLastUse(current.id)] }
            if policy.quiet != nil, !isQuiet { return [.lookUpLastUse(previous.id)] }
        }
        return [isCleared ? .deactivateKey(previous.id) : .listKeys]
    }

    /// The targets that this rotation put nothing into: after `adopt` all, else those added since.
    func undelivered(_ terms: Terms) -> [TargetName] { terms.targets.filter { deliveries[$0] == nil } }

    /// A target that keyturn did not write may hold the old key by somebody else's hand.
    mutating func judgeSighting(
        _ target: TargetName, _ id: AccessKeyID?, _ now: Timestamp, _ terms: Terms, _ transition: inout Transition
    ) {
        // One answer alone settles nothing, and takes no hold back.
        guard undelivered(terms).allSatisfy({ sightings[$0] != nil }) else { return }
        let holders = undelivered(terms).filter { previous != nil && sightings[$0] == .some(previous?.id) }
        guard let previous, let first = holders.first else {
            if problem?.code == .unaccountedKey { problem = nil }
            return
        }
        sightings = [:]
        retryAt = now + IAMTimes.strangerWait
        let more = holders.count > 1 ? " (and \(holders.count - 1) more)" : ""
        block(
            .unaccountedKey,
            "\(first)\(more) holds the old key \(previous.id), which is to be retired, and keyturn cannot put "
                + "\(current?.id.rawValue ?? "the new one") there, since its secret is gone. Nothing was changed. Do that by "
                + "hand; or leave the target out with `keyturn skip`, if it can do without a key until the next rotation.",
            now, &transition)
    }

    /// A target that may hold the old key, and does not say so at the moment, keeps it Active until it does.
    mutating func notInspected(
        _ target: TargetName, _ reason: String, _ now: Timestamp, _ terms: Terms, _ transition: inout Transition
    ) {
        guard phase == .overlap, let previous else { return inspected(target, nil, now, terms, &transition) }
        failures += 1
        retryAt = now + failureWait
        guard problem?.code != .unaccountedKey else { return }
        block(
            .unreachable,
            "\(target), which keyturn did not write in this rotation, does not say which key it holds: \(reason). The old key "
                + "\(previous.id) stays Active. Mend that, or leave the target out with `keyturn skip`.", now,
            &transition)
    }

    /// The old key is retired though this target was seen to hold it: it gets one again with the next rotation.
    mutating func leaveOut(
        _ target: TargetName, _ reason: String, _ now: Timestamp, _ terms: Terms, _ transition: inout Transition
    ) {
        var delivery = Delivery()
        delivery.state = .skipped
        delivery.at = now
        delivery.detail = reason
        deliveries[target] = delivery
        transition.changedDeliveries.insert(target)
        transition.notes.append(Note(.skipped, key: current?.id, target: target, detail: reason))
        problem = nil
        retryAt = nil
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
