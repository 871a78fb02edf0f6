/// `overlap`, `soak`, `deleting`: how the old key goes, one reversible step at a time.
extension Rotation {
    func wantedForDeactivation(_ policy: Policy) -> [Effect] {
        guard let previous else { return [.listKeys] }
        if policy.quiet != nil, !isQuiet { return [.lookUpLastUse(previous.id)] }
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

    mutating func deactivated(_ now: Timestamp, _ transition: inout Transition) {
        transition.notes.append(Note(.deactivated, key: previous?.id, detail: "can still be brought back"))
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
        previous = nil
        enter(.idle, now)
    }
}
