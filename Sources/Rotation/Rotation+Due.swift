/// What comes next, and when.
public struct Due: Hashable, Sendable {
    /// The steps that a rotation can wait for.
    public enum Action: String, Hashable, Sendable {
        case observe, rotate, create, verify, push, look, deactivate, activate, delete
        /// The first rotation, once a person asks for it.
        case whenAsked = "when-asked"
        /// Nothing, until a person has resolved the problem.
        case blocked

        /// Whether it waits for a person, so that there is no time at which it is due.
        public var waitsForPerson: Bool { self == .whenAsked || self == .blocked }
    }

    /// What comes next.
    public var action: Action
    /// Not before. When the user is looked at again, if it waits for a person.
    public var at: Timestamp
}

extension Rotation {
    /// Whether keyturn has never seen this user's keys.
    public var isUnobserved: Bool { number == 0 && current == nil }

    /// Whether there is nothing to lose with its record: no key was ever seen or made, none leaked, and nothing was pushed anywhere. A
    /// name that was mistyped, and is not in IAM, leaves such a record.
    public var knowsNothing: Bool {
        isUnobserved && phase == .idle && next == nil && previous == nil && creations.isEmpty && leaks.isEmpty
            && deliveries.isEmpty
    }

    /// Whether its first rotation waits for a person. A user that has no key holds nothing that could break.
    public func awaitsFirstOrder(_ policy: Policy) -> Bool {
        guard let current, number == 0, phase == .idle, policy.firstRotation == .whenAsked else { return false }
        return !isRequested && !isLeaked(current.id)
    }

    /// Whether a rotation is to begin.
    func isDue(_ now: Timestamp, _ policy: Policy) -> Bool {
        guard let current, !isRequested, !isLeaked(current.id) else { return true }
        guard !awaitsFirstOrder(policy) else { return false }
        return now >= current.created + policy.rotationAge(after: number)
            && policy.beginning(of: current.created, dueAt: now) <= now
    }

    /// Whether a rotation that could not begin is not due any more, since the configuration has changed: then nothing is in
    /// its way either, and nothing would ever look again.
    public func isProblemStale(at now: Timestamp, policy: Policy) -> Bool {
        phase == .idle && obstacle != nil && !isUnobserved && transient.adopting == nil && strangerLeak == nil
            && !isDue(now, policy)
    }

    mutating func dropStaleProblem(_ now: Timestamp, _ policy: Policy) {
        guard isProblemStale(at: now, policy: policy) else { return }
        problem = nil
        preflightRefusal = nil
        retryAt = nil
        failures = 0
    }

    /// When the key's age is reached, or a freeze ends in which that is.
    private func beginning(_ key: KeyRecord, _ now: Timestamp, _ policy: Policy) -> Timestamp {
        let old = key.created + policy.rotationAge(after: number)
        let earliest = max(old, now)
        let beginning = policy.beginning(of: key.created, dueAt: earliest)
        return beginning > earliest ? beginning : old
    }

    /// Between two looks at a user that waits for a person.
    private static let personWait: Duration = .seconds(3_600)

    /// What comes next, and when.
    ///
    /// - Parameters:
    ///   - now: the time that things get that are due at once.
    ///   - policy: the user's times.
    public func due(at now: Timestamp, policy: Policy) -> Due {
        let due: Due =
            switch phase {
            case _ where !wantedByLeaks.isEmpty: Due(action: .deactivate, at: max(now, retryAt ?? now))
            case _ where deliveringKey != nil: dueWhileDelivering(now)
            case .idle where isUnobserved && !isRequested: Due(action: .observe, at: now)
            case .idle where isRequested || isLeaked(current?.id): Due(action: .rotate, at: now)
            case .idle where awaitsFirstOrder(policy): Due(action: .whenAsked, at: now + Self.personWait)
            case .idle: Due(action: .rotate, at: current.map { beginning($0, now, policy) } ?? now)
            case .creating: Due(action: .create, at: now)
            case .verifying: Due(action: .verify, at: now)
            case .delivering: Due(action: .push, at: now)
            // Blocked until a person acts, who says `retry`; there is no time at which anything is due.
            case .overlap where problem?.code == .rolledBack: Due(action: .blocked, at: now + Self.personWait)
            case .overlap where problem?.code == .drifted: Due(action: .look, at: retryAt ?? now)
            case .overlap: Due(action: .deactivate, at: phaseSince + overlap(policy))
            case .soak where isRestoring: Due(action: .activate, at: now)
            case .soak: Due(action: .delete, at: phaseSince + soak(policy))
            case .deleting: Due(action: .delete, at: now)
            }
        guard deliveringKey == nil, let retryAt else { return due }
        return Due(action: due.action, at: max(due.at, retryAt))
    }

    /// When the next rotation begins, where a freeze keeps it from beginning before; nil: none does.
    public func beginningAfterFreeze(at now: Timestamp, policy: Policy) -> Timestamp? {
        let due = due(at: now, policy: policy)
        guard phase == .idle, due.action == .rotate, let current else { return nil }
        return due.at > max(current.created + policy.rotationAge(after: number), now) ? due.at : nil
    }

    /// When there is something to do: what is due, or a look at the targets before that.
    public func nextWork(at now: Timestamp, policy: Policy) -> Timestamp {
        if isProblemStale(at: now, policy: policy) { return now }
        let due = due(at: now, policy: policy).at
        guard deliveringKey == nil, problem?.code != .rolledBack, let look = nextLook(policy) else { return due }
        return min(due, max(look, retryAt ?? look))
    }

    /// Whether there is something to do for the user now.
    ///
    /// - Parameter isAsked: whether a person wants what is open or blocked tried now, whatever the schedule says.
    public func isWorkDue(at now: Timestamp, requirements: UserRequirements, isAsked: Bool = false) -> Bool {
        if lacksTargets(requirements) { return true }
        if isAsked, problem != nil || hasOpenDeliveries && phase != .idle { return true }
        return nextWork(at: now, policy: requirements.policy) <= now
    }

    private func dueWhileDelivering(_ now: Timestamp) -> Due {
        if problem?.code == .currentKeyUnusable { return Due(action: .observe, at: retryAt ?? now) }
        if problem?.code == .targetLeft { return Due(action: .blocked, at: now + .seconds(300)) }
        return Due(action: .push, at: max(nextPush(now) ?? now, transient.isListed ? now : retryAt ?? now))
    }

    private func nextPush(_ now: Timestamp) -> Timestamp? {
        let open = deliveries.lazy.filter { name, delivery in
            !delivery.isSettled && delivery.leftAt == nil
                && !(deliveringKey.map { transient.inFlight.contains(.push(name, $0.id)) } ?? false)
        }
        return open.map { $0.value.opens(now) }.min()
    }

    /// What keeps it from going on: its problem, or a refusal that is asked about again before it counts as one.
    public var obstacle: Problem? { problem ?? preflightRefusal }

    /// Why the user needs attention, in one sentence; nil: all is well.
    public var trouble: String? {
        if let problem { return problem.message }
        let late = deliveries.filter { $0.value.state == .failed || $0.value.state == .unknown }
        guard phase == .delivering || phase == .overlap, let first = late.min(by: { $0.key < $1.key }) else {
            return nil
        }
        return
            "\(Self.portion(late.count, of: deliveries.count)) \(late.count == 1 ? "has" : "have") not confirmed the new key\(phase == .overlap ? " again" : "")\(fateOfOldKey): "
            + "\(first.key): \(first.value.detail ?? "no answer")\(andMore(of: late.count))"
    }

    /// `2 of 3 targets`; `its only target` where there is one.
    public static func portion(_ count: Int, of total: Int) -> String {
        total == 1 ? "its only target" : "\(count) of \(total) targets"
    }

    private var fateOfOldKey: String {
        if phase == .delivering, let next, isLeaked(next.id) {
            return ", which has leaked and IS STILL ACTIVE (\(next.id)): it is replaced once they have; "
                + "`keyturn revoke \(next.id) --now` kills it before"
        }
        guard let old = phase == .overlap ? previous : current else {
            let dead = leaks.first { !isAccountedFor($0.id) }
            return dead.map { "; the leaked key \($0.id) is deleted, so whoever holds it is cut off until they do" }
                ?? ""
        }
        guard isLeaked(old.id) else { return ", so the old one stays active" }
        return old.status == .active
            ? ", and THE LEAKED KEY \(old.id) IS STILL ACTIVE; `keyturn revoke \(old.id) --now` kills it before they have"
            : "; the leaked key \(old.id) is dead, so they are cut off until they do"
    }
}
