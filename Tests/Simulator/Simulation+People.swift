internal import Rotation

/// Operators, and whoever else works on the account.
extension Simulation {
    mutating func meddle() {
        switch random.number(0...15) {
        case 0: makeStranger()
        case 1, 2: changeKey()
        case 3, 4: reconfigure()
        case 5: ask(.retry)
        case 6: ask(.rotate())
        case 7: ask(.skip(random.pick(targets).name, reason: "an operator's"))
        case 8: adopt()
        case 9: ask(.rollback)
        case 10: ask(.revoke(atOnce: false))
        case 12: forgetTarget()
        case 13, 14: revokeKey()
        case 11: ask(.retire(reason: "an operator's"))
        default: ask(.revoke(atOnce: true))
        }
    }

    /// Any key that there is, or was.
    private mutating func revokeKey() {
        let rotation = journal.committed
        var known = [rotation?.current, rotation?.next, rotation?.next, rotation?.previous].compactMap { $0?.id }
        known += iam.keys.map(\.id)
        if random.chance(100) { known += rotation?.deletedKeys.map(\.id) ?? [] }
        guard !known.isEmpty else { return }
        ask(.revoke(random.pick(known), atOnce: random.chance(400)))
    }

    /// Terraform, another tool or a person writes what a target held before.
    mutating func putBack() {
        let rotation = journal.committed
        var known = [rotation?.previous?.id, rotation?.previous?.id, rotation?.current?.id].compactMap { $0 }
        known += rotation?.deletedKeys.map(\.id) ?? []
        guard !known.isEmpty else { return }
        let old = random.pick(known)
        let index = random.number(0...targets.count - 1)
        guard targets[index].held != old else { return }
        targets[index].held = old
        targets[index].writtenAt = now
        targets[index].foreignSince = now
        targets[index].isProtected = false
        note("someone puts \(old) into \(targets[index].name)")
    }

    mutating func ask(_ request: Event.Request) {
        note("an operator asks: \(request)")
        if requests.count < 4 { requests.append(request) }
    }

    /// With what is known of a target its pause goes, too.
    private mutating func forgetTarget() {
        let target = random.pick(targets).name
        for index in targets.indices where targets[index].name == target { targets[index].pausedUntil = nil }
        ask(.forget(target, reason: "an operator's"))
    }

    private mutating func makeStranger() {
        guard iam.keys.count < 2 else { return }
        let key = iam.make(by: .stranger, at: now)
        iam.spread[key.id] = now
        if random.chance(700) { iam.uses[key.id] = now }
        book.peopleChangedAt = now
        note("someone makes \(key.id)")
    }

    private mutating func changeKey() {
        guard !iam.keys.isEmpty else { return }
        let id = random.pick(iam.keys).id
        book.peopleChangedAt = now
        switch random.number(0...2) {
        case 0: iam.setStatus(.active, of: id, at: now)
        case 1: iam.setStatus(.inactive, of: id, at: now)
        default: iam.delete(id, at: now)
        }
        if iam.isActive(id) { book.broken.remove(id) } else { book.broken.insert(id) }
        note("someone changes \(id): \(iam.key(id)?.status.rawValue ?? "deleted")")
    }

    private mutating func reconfigure() {
        let index = random.number(0...targets.count - 1)
        if targets[index].isConfigured {
            guard targets.count(where: \.isConfigured) > 1 else { return }
            // It still holds its key, and is answered for until someone lets it go.
            targets[index].isConfigured = false
            // Of one that it never delivered to, keyturn knows nothing.
            if journal.committed?.deliveries[targets[index].name] == nil { targets[index].isProtected = false }
            targets[index].pausedUntil = nil
        } else {
            targets[index].isConfigured = true
        }
        configured = nil
        note("\(targets[index].name) is \(targets[index].isConfigured ? "put into" : "taken out of") the configuration")
    }

    /// By an operator who has looked, or by one who has not.
    private mutating func adopt() {
        guard !iam.keys.isEmpty else { return }
        let held = targets.first { $0.isConfigured && $0.isProtected }?.held
        let id = random.chance(800) ? held ?? random.pick(iam.keys).id : random.pick(iam.keys).id
        keep(id)
    }

    /// What holds another key than the adopted one is left to the operator.
    mutating func keep(_ id: AccessKeyID) {
        for index in targets.indices where targets[index].held != id { targets[index].isProtected = false }
        // The retired one goes by the operator's word, whoever made it.
        book.adopted.formUnion(iam.keys.map(\.id))
        // As keyturn says: an Inactive key is in use nowhere.
        iam.setStatus(.active, of: id, at: now)
        ask(.adopt(id))
    }
}
