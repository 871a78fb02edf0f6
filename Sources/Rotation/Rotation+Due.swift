/// What comes next, and when.
public struct Due: Hashable, Sendable {
    /// The steps that a rotation can wait for.
    public enum Action: String, Hashable, Sendable {
        case observe, rotate, create, verify, push, deactivate, delete
        /// Nothing, until a person has resolved the problem.
        case blocked
    }

    /// What comes next.
    public var action: Action
    /// Not before.
    public var at: Timestamp
}

extension Rotation {
    /// Whether keyturn has never seen this user's keys.
    public var isUnobserved: Bool { number == 0 && current == nil }

    /// Whether a rotation is to begin.
    func isDue(_ now: Timestamp, _ policy: Policy) -> Bool {
        guard let current, !isRequested, revoked != current.id else { return true }
        return now >= current.created + policy.rotateEvery && policy.thaw(now) <= now
    }

    /// When the key's age is reached, or a freeze ends in which that is.
    private func beginning(_ key: KeyRecord, _ now: Timestamp, _ policy: Policy) -> Timestamp {
        let old = key.created + policy.rotateEvery
        let earliest = max(old, now)
        let thaw = policy.thaw(earliest)
        return thaw > earliest ? thaw : old
    }

    /// What comes next, and when.
    ///
    /// - Parameters:
    ///   - now: stands for the time of what is due at once.
    ///   - policy: the user's times.
    public func due(at now: Timestamp, policy: Policy) -> Due {
        let due: Due =
            switch phase {
            case .idle where isUnobserved && !isRequested: Due(action: .observe, at: now)
            case .idle where isRequested || (revoked != nil && revoked == current?.id): Due(action: .rotate, at: now)
            case .idle: Due(action: .rotate, at: current.map { beginning($0, now, policy) } ?? now)
            case .creating: Due(action: .create, at: now)
            case .verifying: Due(action: .verify, at: now)
            case .delivering where problem?.code == .currentKeyUnusable: Due(action: .observe, at: retryAt ?? now)
            case .delivering: Due(action: .push, at: max(nextPush(now) ?? now, isListed ? now : retryAt ?? now))
            // Blocked until a person acts, who says `retry`; there is no time at which anything is due.
            case .overlap where problem?.code == .rolledBack: Due(action: .blocked, at: now + .seconds(3_600))
            case .overlap: Due(action: .deactivate, at: phaseSince + overlap(policy))
            case .soak: Due(action: .delete, at: phaseSince + soak(policy))
            case .deleting: Due(action: .delete, at: now)
            }
        guard phase != .delivering, let retryAt else { return due }
        return Due(action: due.action, at: max(due.at, retryAt))
    }

    /// The next moment at which time alone may change something, while answers are outstanding; nil: there is none.
    public func nextMoment(after now: Timestamp, policy: Policy) -> Timestamp? {
        if phase == .delivering {
            return deliveries.values.lazy.filter { !$0.isSettled }.map { $0.opens(now) }.filter { $0 > now }.min()
        }
        let moment = due(at: now, policy: policy).at
        return moment > now ? moment : nil
    }

    private func nextPush(_ now: Timestamp) -> Timestamp? {
        let open = deliveries.lazy.filter { name, delivery in
            !delivery.isSettled && !(next.map { inFlight.contains(.push(name, $0.id)) } ?? false)
        }
        return open.map { $0.value.opens(now) }.min()
    }

    /// Why the user needs attention, in one sentence; nil: all is well.
    public var trouble: String? {
        if let problem { return problem.message }
        let late = deliveries.filter { $0.value.state == .failed || $0.value.state == .unknown }
        guard phase == .delivering, let first = late.min(by: { $0.key < $1.key }) else { return nil }
        let more = late.count > 1 ? " (and \(late.count - 1) more)" : ""
        return "\(late.count) of \(deliveries.count) targets have not confirmed the new key\(fateOfOldKey): "
            + "\(first.key): \(first.value.detail ?? "no answer")\(more)"
    }

    private var fateOfOldKey: String {
        guard let current else { return "" }
        guard current.id == revoked else { return ", so the old one stays active" }
        return current.status == .active
            ? ", and THE LEAKED KEY \(current.id) IS STILL ACTIVE; `keyturn revoke --user USER --now` kills it before they have"
            : "; the leaked key \(current.id) is dead, so they are cut off until they do"
    }
}
