/// The key that the targets hold was deleted in IAM by someone: pipelines fail, and only another key helps them.
extension Rotation {
    /// Listings lag, so one that lacks the key proves nothing.
    mutating func seeCurrentGone(
        _ keys: [AccessKey], _ now: Timestamp, _ policy: Policy, _ transition: inout Transition
    ) {
        guard let current else { return }
        transient.isListed = false
        let old = keys.first { $0.id == previous?.id }
        if let old { self.previous?.status = old.status }
        guard isSurelyGone(now) else {
            retryAt = now + IAMTimes.failureWait
            return block(
                .currentKeyGone,
                "The key \(current.id), which the targets hold, is gone from IAM: someone has deleted it, and whoever "
                    + "uses it is cut off. If it is still gone in a minute, keyturn makes another one and pushes it to "
                    + "every target.", now, &transition)
        }
        // Whoever was left out of this rotation may still hold it. A leaked key stays dead.
        if old?.status == .inactive, !isLeaked(previous?.id) {
            inPhase.isReplacing = true
        } else {
            if old == nil { self.previous = nil }
            replaceCurrent(now, policy, &transition)
        }
    }

    /// By how long it was missing, not by its age: AWS's clock is not ours.
    func isSurelyGone(_ now: Timestamp) -> Bool {
        problem?.code == .currentKeyGone && now - (problem?.since ?? now) >= IAMTimes.listingLag
    }

    /// The key that the targets hold is lost.
    mutating func replaceCurrent(_ now: Timestamp, _ policy: Policy, _ transition: inout Transition) {
        transition.notes.append(
            HistoryEvent(
                .successorLost, key: current?.id, detail: "gone from IAM after its delivery: another one is made"))
        makeAnother(now, policy, &transition)
    }

    /// Back to `creating`, with the key before it, if there still is one, as the one in use.
    mutating func makeAnother(_ now: Timestamp, _ policy: Policy, _ transition: inout Transition) {
        dropLeak(current?.id)
        current = previous
        previous = nil
        next = nil
        creations = []
        renewDeliveries(deliveries.filter { $0.value.state != .skipped }.keys, now, policy, &transition)
        enter(.creating, now)
    }
}
