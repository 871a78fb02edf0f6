/// `creating`: CreateAccessKey, and what to make of one whose answer never came.
extension Rotation {
    func wantedForCreation(_ requirements: UserRequirements) -> [Effect] {
        if let orphan = transient.orphan {
            guard fresh.mayRetireOldKey else { return [.lookUpLastUse(orphan)] }
            // Its secret was never kept, so a target that holds it got it from someone else.
            let unseen = requirements.targets.filter { fresh.looks[$0] == nil }
            return unseen.isEmpty ? [.deleteKey(orphan)] : unseen.map { .inspect($0) }
        }
        if problem?.needsPerson == true { return [.listKeys] }
        guard creations.last?.isOpen == true else { return [.createKey] }
        return transient.inFlight.contains(.createKey) ? [] : [.listKeys]
    }

    mutating func created(_ key: AccessKey, _ now: Timestamp, _ transition: inout Transition) {
        closeCreation(mayExist: true)
        next = KeyRecord(key)
        retained = nil
        consecutiveVerifications = 0
        enter(.verifying, now)
        transition.notes.append(HistoryEvent(.created, key: key.id, detail: "sealed in the state"))
        transition.notes.append(HistoryEvent(.verifying, key: key.id))
    }

    mutating func creationFailed(_ failure: Failure, _ now: Timestamp, _ transition: inout Transition) {
        switch failure.kind {
        case .lost:
            giveUpCreation(now)
            transition.notes.append(HistoryEvent(.creationUncertain, detail: failure.message))
        case .limitExceeded:
            // Nothing was made now; but the limit may be reached by a key that an earlier, lost call has made.
            closeCreation(mayExist: false)
            block(.unaccountedKey, failure.message, now, &transition)
        case .denied, .ownKey, .noSuchUser, .unreachable, .refused:
            closeCreation(mayExist: false)
            retryAt = now + failureWait
            block(failure.problemCode, failure.message, now, &transition)
        }
    }

    /// What was written last may be lost. A key that a call of CreateAccessKey has made may then be delivered already, and the old key
    /// gone: it is not taken for one whose secret was lost, and a person decides.
    public mutating func doubtCreations() {
        for index in creations.indices { creations[index].mayExist = false }
    }

    /// An open creation is reconciled with what IAM shows; nothing is guessed.
    mutating func seeWhileCreating(_ keys: [AccessKey], _ now: Timestamp, _ transition: inout Transition) {
        let strangers = keys.filter { key in key.id != current?.id && key.id != previous?.id }
        guard let stranger = strangers.first else { return settle(now, &transition) }
        guard strangers.count == 1, creations.contains(where: { $0.mayHaveMade(stranger) }) else {
            retryAt = now + failureWait
            return block(.unaccountedKey, Self.sentence(about: strangers, besides: current), now, &transition)
        }
        if creations.last?.isOpen == false { creations[creations.count - 1].isOpen = true }
        transient.orphan = stranger.id
        // What targets held at the last look says nothing about now.
        fresh.looks = [:]
        guard problem?.message != Self.sentence(aboutUsed: stranger.id) else { return }
        problem = nil
        transition.notes.append(
            HistoryEvent(.orphanSeen, key: stranger.id, detail: "made by a CreateAccessKey whose answer was lost"))
    }

    /// Nothing new is listed: once a late key would have turned up, the creation counts as never made.
    private mutating func settle(_ now: Timestamp, _ transition: inout Transition) {
        problem = nil
        guard let last = creations.last else { return }
        guard last.isOpen else { return awaitRefused(last, now, &transition) }
        let settled = max(last.lostAt ?? last.at, last.at) + IAMTimes.creationSettling
        // A clock that was set back must not make this wait for ever.
        if now < settled, settled - now <= IAMTimes.creationSettling {
            retryAt = min(settled, now + .seconds(2))
            return
        }
        closeCreation(mayExist: last.mayExist)
        blockAtLimit(now, &transition)
    }

    /// IAM refused a key, and lists none that explains it: it is asked again, ever more slowly.
    private mutating func awaitRefused(_ last: Creation, _ now: Timestamp, _ transition: inout Transition) {
        let wait = min(IAMTimes.failureWait * (1 << min(creations.count - 1, 5)), IAMTimes.failureLongestWait)
        guard now < last.at + wait, last.at <= now else { return }
        retryAt = last.at + wait
        block(
            .refused, "IAM refused a new key, and lists none besides the current one. CreateAccessKey is tried again.",
            now, &transition)
    }

    private mutating func blockAtLimit(_ now: Timestamp, _ transition: inout Transition) {
        guard creations.count >= IAMTimes.creationLimit else { return }
        creations.removeFirst()
        retryAt = now + IAMTimes.failureLongestWait
        block(
            .creationFails,
            "CreateAccessKey was called \(IAMTimes.creationLimit) times, and no key came of it. Nothing else was "
                + "changed. See CloudTrail for CreateAccessKey of this user; `keyturn retry` tries again.",
            now, &transition)
    }

    mutating func lastUsed(
        _ id: AccessKeyID, _ use: LastUse?, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        if phase == .creating, id == transient.orphan {
            guard use == nil else {
                transient.orphan = nil
                retryAt = now + IAMTimes.failureLongestWait
                return block(.unaccountedKey, Self.sentence(aboutUsed: id), now, &transition)
            }
            problem = nil
            fresh.mayRetireOldKey = true
        } else if phase == .overlap, id == previous?.id {
            judgeQuiet(use, now, requirements, &transition)
        } else if phase == .overlap, id == current?.id {
            judgeUse(use, now, &transition)
        }
    }

    /// A key that a target holds is not the one whose secret was lost.
    mutating func suspectOrphan(_ seen: AccessKeyID?, _ now: Timestamp, _ transition: inout Transition) {
        guard let orphan = transient.orphan, seen == orphan else { return }
        transient.orphan = nil
        retryAt = now + IAMTimes.failureLongestWait
        block(.unaccountedKey, Self.sentence(aboutUsed: orphan), now, &transition)
    }

    static func sentence(aboutUsed id: AccessKeyID) -> String {
        "The key \(id) was made while keyturn was making one, and someone uses it, so it is not one whose secret was "
            + "lost. Nothing was changed. If the targets hold it, as they do after an earlier state was put back, say "
            + "`keyturn adopt USER --current \(id)`; delete it in IAM if nothing needs it."
    }

    mutating func orphanDeleted(_ id: AccessKeyID, _ now: Timestamp, _ transition: inout Transition) {
        transition.notes.append(
            HistoryEvent(.orphanDeleted, key: id, detail: "never used, and its secret was never kept"))
        transient.orphan = nil
        fresh.mayRetireOldKey = false
        closeCreation(mayExist: false)
        blockAtLimit(now, &transition)
    }

    /// Its key may turn up for a while from now on.
    mutating func giveUpCreation(_ now: Timestamp) {
        if creations.last?.isOpen == true { creations[creations.count - 1].lostAt = now }
    }

    private mutating func closeCreation(mayExist: Bool) {
        guard let last = creations.indices.last else { return }
        creations[last].isOpen = false
        creations[last].mayExist = mayExist
    }
}
