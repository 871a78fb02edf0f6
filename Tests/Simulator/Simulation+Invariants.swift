internal import Engine
internal import Rotation

/// What must hold after every event.
extension Simulation {
    /// What one step of a process has changed.
    mutating func checkHandled(
        _ index: Int, _ before: Rotation, _ happenings: [EventWithKeyPair], _ transition: Transition
    ) {
        let rotation = processes[index].session.rotation
        for target in targets.indices {
            let name = targets[target].name
            guard transition.changedDeliveries.contains(name), let state = rotation.deliveries[name]?.state else {
                continue
            }
            if state == .skipped { targets[target].isProtected = false }
            let isDelivered = transition.notes.contains { $0.kind == .delivered && $0.target == name }
            if state == .confirmed, isDelivered, targets[target].isConfigured, targets[target].foreignSince == nil {
                targets[target].isProtected = true
            }
        }
        for happening in happenings { take(happening.event, before) }
        let isAnotherMade = transition.notes.contains { $0.kind == .successorLost || $0.kind == .deleted }
        let isNew = transition.notes.contains { $0.kind == .began || $0.kind == .adopted }
        if isNew || isAnotherMade && rotation.phase == .creating {
            for target in targets.indices { targets[target].pausedUntil = nil }
        }
        if before.phase == .delivering, rotation.phase == .overlap {
            book.overlapSince = clock
            checkDelivered(rotation)
        }
        if rotation.phase == .overlap, before.phase != .overlap { book.overlapSince = clock }
        if rotation.phase == .soak, before.phase != .soak { book.soakSince = clock }
        // Not by the process's own state: one that was overtaken may not have noticed.
        if let committed = journal.committed {
            checkPair(committed)
            checkHalves(committed)
        }
    }

    /// What keyturn has taken to be its own, or to be gone, by what the journal has, though the process may not have heard
    /// of it.
    mutating func noteFates() {
        for (note, previous) in journal.takeNotes() {
            // Once the clock was set forward, a moment may pass for a minute.
            if note.kind == .successorLost, let key = note.key, iam.key(key) != nil, book.clockLeaps == 0 {
                violate("gives \(key) up, which is there")
            }
            if note.kind == .skipped || note.kind == .forgotten,
                let target = targets.firstIndex(where: { $0.name == note.target })
            {
                targets[target].isProtected = false
            }
            if note.kind == .began {
                if !book.hasBegun, note.key != nil, policy.firstRotation == .whenAsked, !book.isAskedToRotate {
                    violate("(j) the first rotation of a user with a key begins unasked")
                }
                book.hasBegun = true
            }
            guard note.kind == .takenOver || note.kind == .adopted else { continue }
            if let key = note.key { book.adopted.insert(key) }
            guard note.kind == .adopted else { continue }
            if let previous { book.adopted.insert(previous) }
            // By the operator's word, whatever the targets hold.
            for target in targets.indices where targets[target].held != note.key { targets[target].isProtected = false }
        }
    }

    private mutating func take(_ event: Event, _ before: Rotation) {
        switch event {
        case .pushed(let name, let id, let result):
            guard let target = targets.firstIndex(where: { $0.name == name }), id == before.next?.id else { return }
            targets[target].pausedUntil = result.outcome == .rateLimited ? result.retryAfter.map { clock + $0 } : nil
            guard let pause = targets[target].pausedUntil else { break }
            if !book.pausesCount {
                // What others asked for before an operator's `retry`, or by another clock, counts no more.
                for other in targets.indices { targets[other].pausedUntil = nil }
                targets[target].pausedUntil = pause
            }
            book.pausesCount = true
        default: break
        }
    }

    /// (a) What counts as delivered really is.
    private mutating func checkDelivered(_ rotation: Rotation) {
        for target in targets {
            guard let delivery = rotation.deliveries[target.name], delivery.state == .confirmed, delivery.leftAt == nil,
                target.held != rotation.current?.id,
                target.foreignSince == nil
            else { continue }
            violate("(a) \(target.name) counts as confirmed and holds \(target.held?.rawValue ?? "nothing")")
        }
    }

    /// (e) The sealed pair is kept from its creation until the rotation is over, or all deliveries are settled, and no longer.
    private mutating func checkPair(_ rotation: Rotation) {
        let isOpen = rotation.phase == .verifying || rotation.phase == .delivering
        // An operator may want the current one kept.
        let retained = rotation.retained
        let expected = isOpen ? rotation.next?.id : retained
        if rotation.phase == .idle, retained != nil, policy.retainSecret != .current {
            violate("(e) the pair of \(retained?.rawValue ?? "") is kept after the rotation")
        }
        guard journal.sealed != expected else { return }
        violate("(e) in \(rotation.phase) the journal keeps the pair of \(journal.sealed?.rawValue ?? "no key")")
    }

    /// (h) A half-written pair waits for as long as its service asks, and else for 15 s; for longer once it was refused for ten
    /// minutes.
    private mutating func checkHalves(_ rotation: Rotation) {
        for (name, delivery) in rotation.deliveries where delivery.mayBeTorn && !delivery.isSettled {
            guard let at = delivery.at, let retryAt = delivery.retryAt, !delivery.isRateLimited else { continue }
            if let since = delivery.refusedSince, at - since >= .seconds(600) { continue }
            if retryAt - at > .seconds(15) { violate("(h) \(name) waits \(retryAt - at) with half a pair") }
        }
    }

    /// (i) Nothing but the promise makes a key older than `max-age`: where nothing is in the way, the next rotation begins in time to be
    /// over by then, and no earlier than `spread` allows.
    mutating func checkNextBeginning(_ rotation: Rotation) {
        guard rotation.phase == .idle, rotation.problem == nil, rotation.retryAt == nil, !rotation.isRequested,
            !rotation.hasLeak,
            rotation.leftTargets.isEmpty, let current = rotation.current
        else { return }
        let due = rotation.due(at: clock, policy: policy)
        guard due.action == .rotate else { return }
        let earliest = current.created + policy.rotateEvery - policy.rotateEvery * policy.spread.percent / 100
        if due.at < earliest { violate("(i) a rotation begins before rotate-every less spread") }
        guard let maxAge = policy.maxAge else { return }
        let latest = current.created + maxAge - policy.overlap - policy.soak - .seconds(3_600)
        if due.at > max(latest, clock) { violate("(i) a rotation begins too late for max-age") }
    }

    /// Whether an effect may be begun.
    mutating func checkBegun(_ flight: Flight, _ rotation: Rotation) {
        switch flight.effect {
        case .createKey:
            book.intents.append(now)
            if journal.committed?.creations.last?.isOpen != true { violate("a key is made without an intent") }
        case .push(let name, let id):
            if id != rotation.deliveringKey?.id { violate("pushes \(id), which is not the new key") }
            if journal.sealed != id { violate("pushes a pair that is not in the journal") }
            if !book.verified.contains(id) { violate("pushes a key that STS has not answered for") }
            if !processes.contains(where: { $0.session.user.targets[name] != nil }) {
                violate("pushes to \(name), which is not in the configuration")
            }
            if !flight.hasSeenSuccessor { violate("pushes a key without having looked whether it is still there") }
            let pause = targets.first { $0.name == name }?.pausedUntil
            if let pause, book.pausesCount, pause > clock {
                // A new start does not wait for more than an hour; its first push may come minutes after it.
                if pause - clock <= .seconds(3_000) { violate("pushes to \(name), which has asked for a pause") }
                for target in targets.indices where targets[target].name == name { targets[target].pausedUntil = nil }
            }
        case .deactivateKey(let id):
            checkOrder(to: flight.effect, id, rotation)
            guard !rotation.hasLeak, id == rotation.previous?.id else { return }
            checkUse(of: id, rotation)
            guard let since = book.overlapSince else { return }
            if clock < since + policy.overlap { violate("the overlap of \(id) is cut short") }
        case .deleteKey(let id):
            checkOrder(to: flight.effect, id, rotation)
            guard !rotation.hasLeak, id == rotation.previous?.id, let since = book.soakSince else { return }
            if clock < since + policy.soak { violate("the soak of \(id) is cut short") }
        case .activateKey(let id):
            if rotation.isLeaked(id) { violate("brings the leaked key \(id) back to life") }
        case .listKeys, .verifyKey, .lookUpLastUse, .inspect, .check: break
        }
    }

    /// The old key goes by itself; every other one by an operator's word alone.
    private mutating func checkOrder(to effect: Effect, _ id: AccessKeyID, _ rotation: Rotation) {
        if id == rotation.current?.id, !book.isCurrentRevokedAtOnce, !book.revokedAtOnce.contains(id) {
            violate("\(effect), the current key, without an order")
        }
        if id == rotation.next?.id, !book.revoked.contains(id), !book.isCurrentRevokedAtOnce {
            violate("\(effect), the next key, without an order")
        }
    }

    /// keyturn's call switches a key off, or deletes it.
    mutating func retire(_ flight: Flight, _ change: (inout SimulatedIAM, Timestamp) -> Void) {
        guard let id = flight.effect.retired, let key = iam.key(id) else { return }
        checkStranger(key, flight.effect)
        if flight.isOrdered { book.broken.insert(id) }
        for index in targets.indices where targets[index].isProtected && targets[index].held == id {
            let target = targets[index]
            // Whoever has left, or came after the delivery, does not hold up the answer to a leak.
            let isWritten = flight.watched.contains(target.name) && flight.delivered.contains(target.name)
            if !isWritten, flight.hasLeak {
                targets[index].isProtected = false
                continue
            }
            if !flight.isOrdered, !book.broken.contains(id) {
                violate("(a) \(flight.effect) while \(target.name) holds it")
            }
        }
        checkSeen(id, flight)
        let hadActiveKey = iam.hasActiveKey
        change(&iam, now)
        let hasSeen = flight.sawKeysOf.milliseconds > 0
        let isExplained =
            flight.isOrphan || flight.isRevoked || book.isRevokedAtOnce
            || (hasSeen && book.peopleChangedAt > flight.sawKeysOf)
        if hadActiveKey, !iam.hasActiveKey, !isExplained { violate("(c) \(flight.effect) takes the last Active key") }
        checkTargets("\(flight.effect)")
    }

    /// (g) No place that can be seen holds the key, whoever wrote it. What was written a moment ago is seen at the next look.
    private mutating func checkSeen(_ id: AccessKeyID, _ flight: Flight) {
        guard !flight.isOrdered, !flight.hasLeak, !flight.isRetired, !book.isRevokedAtOnce else { return }
        for target in targets where flight.watched.contains(target.name) && target.held == id && target.showsForeign {
            if target.visibility == .timed, !flight.delivered.contains(target.name) { continue }
            guard let since = target.foreignSince, since < now - .seconds(150) else { continue }
            violate("(g) \(flight.effect) while \(target.name) shows it, since \((now - since).milliseconds) ms")
        }
    }

    /// (h) IAM has said that the old key was not used for long enough; no answer is not that.
    private mutating func checkUse(of id: AccessKeyID, _ rotation: Rotation) {
        guard let quiet = policy.requiredQuiet, rotation.retireReason == nil else { return }
        guard let answer = book.lastUses[id] else {
            return violate("(h) \(id) goes, and no one asked for its last use")
        }
        // A clock that was set back since makes the use look later than it was.
        if let use = answer, use + quiet > max(clock, now), book.clockLeaps == 0 {
            violate("(h) \(id) goes while it is in use")
        }
    }

    /// (d) One doubt is known: a key that a stranger has made while keyturn was making one, and that no one ever used,
    /// cannot be distinguished from one that keyturn has made and never heard of.
    private mutating func checkStranger(_ key: AccessKey, _ effect: Effect) {
        guard iam.makers[key.id] == .stranger, !book.adopted.contains(key.id) else { return }
        // An operator has said that it has leaked: it is switched off, and no more.
        if case .deactivateKey = effect, book.revoked.contains(key.id) { return }
        let window: Duration = .seconds(200)
        // An intent that was written, and of whose writing the process never heard, is in the journal only.
        let intents = book.intents + (journal.committed?.creations.map { $0.at - skew } ?? [])
        let isDoubtful = intents.contains { key.created >= $0 - window && key.created <= $0 + window }
        if isDoubtful || skew != .zero, iam.uses[key.id] == nil {
            book.doubts += 1
        } else {
            violate("(d) \(effect) is about a key that keyturn cannot account for")
        }
    }

    /// (b) Every target's key is Active, unless someone else has seen to it that it is not.
    mutating func checkTargets(_ cause: String) {
        for target in targets where target.isConfigured && target.isProtected {
            guard let held = target.held, !iam.isActive(held), !book.broken.contains(held) else { continue }
            violate("(b) \(target.name) holds \(held), which is dead, after \(cause)")
        }
    }
}

extension EventWithKeyPair {
    var isListing: Bool { if case .keysListed = event { true } else { false } }
}

extension Effect {
    /// The key that the effect switches off or deletes.
    var retired: AccessKeyID? {
        switch self {
        case .deactivateKey(let id), .deleteKey(let id): id
        default: nil
        }
    }
}
