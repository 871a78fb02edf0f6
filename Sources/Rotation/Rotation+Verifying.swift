/// `verifying`: the new key must be known everywhere, and be this user's, before anybody gets it.
extension Rotation {
    mutating func verified(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        guard phase == .verifying else { return }
        failures = 0
        consecutiveVerifications += 1
        problem = nil
        guard consecutiveVerifications >= IAMTimes.verificationAnswers else {
            retryAt = now + IAMTimes.verificationSpacing
            return
        }
        transition.notes.append(
            HistoryEvent(.verified, key: next?.id, detail: "\(consecutiveVerifications) right answers of STS in a row"))
        enter(.delivering, now)
        beginDelivering(now, requirements, &transition)
    }

    mutating func notVerified(_ message: String, _ now: Timestamp, _ transition: inout Transition) {
        guard phase == .verifying else { return }
        consecutiveVerifications = 0
        failures += 1
        retryAt = now + min(.seconds(1) * (1 << min(failures - 1, 6)), IAMTimes.verificationLongestWait)
        guard problem?.code != .currentKeyUnusable else { return }
        if now - phaseSince > IAMTimes.verificationPatience { block(.notSpread, message, now, &transition) }
    }

    /// Whether the key has been refused for so long that it may not be there any more. Every fourth try, IAM is asked.
    ///
    /// By the clock, or by the tries that take as long: a clock that was set back would say for hours that it is too early.
    func isSuspect(_ now: Timestamp) -> Bool {
        failures > 0 && failures % 4 == 0
            && (now - phaseSince > IAMTimes.verificationPatience || failures >= IAMTimes.verificationTries)
    }

    mutating func seeWhileVerifying(_ keys: [AccessKey], _ now: Timestamp, _ transition: inout Transition) {
        guard let next else { return }
        if let listed = keys.first(where: { $0.id == next.id }) {
            failures = 1
            guard listed.status != .active else {
                if problem?.code == .currentKeyUnusable { problem = nil }
                return
            }
            return block(
                .currentKeyUnusable,
                "Someone made the new key \(next.id) \(listed.status.rawValue) before any target got it. It is pushed "
                    + "nowhere until it is Active again; delete it in IAM to have another one made.", now, &transition)
        }
        loseNext(next, "gone from IAM before any target got it", now, &transition)
    }

    /// The new key is gone for good: another one is made.
    mutating func loseNext(_ lost: KeyRecord, _ reason: String, _ now: Timestamp, _ transition: inout Transition) {
        transition.notes.append(HistoryEvent(.successorLost, key: lost.id, detail: reason))
        transition.wipesPair = true
        dropLeak(lost.id)
        next = nil
        enter(.creating, now)
    }
}
