/// Why an order of an operator cannot be carried out. Nothing was changed.
public struct OrderRefusal: Hashable, Sendable {
    /// One sentence: what speaks against it, and what to do instead.
    public var reason: String
    /// Whether it may be given again later; else a person has to do something else first.
    public var isTemporary: Bool

    /// A refusal.
    public init(_ reason: String, isTemporary: Bool = false) {
        (self.reason, self.isTemporary) = (reason, isTemporary)
    }
}

/// What an operator may order, and when: the one place that decides it, asked under the lease.
extension Rotation {
    /// Why an order cannot be carried out now; nil: it can.
    public func refusal(of request: Event.Request, at now: Timestamp, requirements: UserRequirements) -> OrderRefusal? {
        switch request {
        case .rotate(let finishes, let despiteFreeze):
            refusalToRotate(orFinish: finishes)
                ?? (despiteFreeze || current == nil ? nil : refusalInFreeze(now, requirements.policy))
        case .retry: nil
        case .skip(let target, _): refusalToSkip(target, requirements)
        case .adopt: refusalToAdopt(now, requirements.policy)
        case .rollback: refusalToRollBack
        case .retire: refusalToRetire(now, requirements)
        case .forget(let target, _): refusalToForget(target, requirements)
        case .revoke(let key, _): refusalToRevoke(key)
        }
    }

    /// Whether there is anything that `retry` could try again: not for a user that keyturn has never rotated.
    public var mayRetry: Bool { number > 0 || obstacle != nil }

    private var old: String { previous?.id.rawValue ?? "the old key" }

    /// Until when a freeze keeps an order from beginning a rotation; nil: none does. A rotation in progress goes on, an order that was
    /// taken before holds, a leak does not wait, and `max-age` is stronger. Where no key is known, IAM may list one that it is about.
    public func frozenUntil(_ now: Timestamp, _ policy: Policy) -> Timestamp? {
        guard phase == .idle, !isRequested, !isLeaked(current?.id) else { return nil }
        let beginning = current.map { policy.beginning(of: $0.created, dueAt: now) } ?? policy.thaw(now)
        return beginning > now ? beginning : nil
    }

    /// Temporary: a freeze ends by itself.
    func refusalInFreeze(_ now: Timestamp, _ policy: Policy) -> OrderRefusal? {
        frozenUntil(now, policy).map {
            OrderRefusal(
                "`freeze` lets no rotation begin before \($0.rfc3339). `--despite-freeze` begins it anyway; for a leaked key use "
                    + "`keyturn revoke`, which does not wait", isTemporary: true)
        }
    }

    private func refusalToRotate(orFinish finishes: Bool) -> OrderRefusal? {
        refusalToRotate.flatMap { finishes && $0.isTemporary ? nil : $0 }
    }

    /// A rotation that has not delivered its key everywhere is the one that was asked for.
    private var refusalToRotate: OrderRefusal? {
        if phase == .idle, isLeftBehind, let left = leftTargets.first {
            return OrderRefusal(String(sentenceOnLeft(left).dropLast()))
        }
        guard phase == .overlap || phase == .soak || phase == .deleting else { return nil }
        let holder = "rotation \(number) is in `\(phase.rawValue)`, and an IAM user can have two keys only"
        switch problem?.code {
        case .rolledBack:
            return OrderRefusal("\(holder): it was rolled back, and `keyturn retry USER` begins its overlap again")
        case .some(let code) where problem?.needsPerson == true:
            return OrderRefusal("\(holder): it is blocked (\(code.rawValue)), see `keyturn status USER`")
        default:
            return OrderRefusal(
                "\(holder): the next one can begin once \(old) is deleted; give the order again then", isTemporary: true
            )
        }
    }

    /// Whether a key without a record may be deactivated shows when IAM is listed.
    private func refusalToRevoke(_ key: AccessKeyID?) -> OrderRefusal? {
        guard let key else {
            return current == nil && !isDeliveringToNewTargets
                ? OrderRefusal("there is no key that keyturn knows of, so there is none to revoke") : nil
        }
        if isLeaked(key) || isAccountedFor(key) { return nil }
        if hasDeleted(key) { return OrderRefusal("keyturn has deleted \(key), so it is dead already") }
        guard leaks.count >= Leak.limit else { return nil }
        return OrderRefusal("\(leaks.count) leaked keys of this user are being dealt with", isTemporary: true)
    }

    private func refusalToSkip(_ target: TargetName, _ requirements: UserRequirements) -> OrderRefusal? {
        if isSkippable(target, requirements) { return nil }
        let state = [.delivering, .overlap, .soak].contains(phase) ? deliveries[target]?.state.rawValue : nil
        let words = state.map { "it is \($0)" } ?? "the user is in phase `\(phase.rawValue)`"
        return OrderRefusal(
            "no rotation waits for \(target): \(words), and only a target that a rotation waits for can be skipped")
    }

    private func refusalToForget(_ target: TargetName, _ requirements: UserRequirements) -> OrderRefusal? {
        if deliveries[target]?.leftAt != nil { return nil }
        return requirements.targets.contains(target)
            ? OrderRefusal("\(target) is in the configuration; `forget` is for a target that has left it")
            : OrderRefusal("keyturn knows of no target \(target) that has left the configuration")
    }

    private func refusalToAdopt(_ now: Timestamp, _ policy: Policy) -> OrderRefusal? {
        if isAdoptable {
            // What is known of the deliveries is forgotten by it, so none may be on its way.
            guard let until = deliveries.values.compactMap({ $0.successor(now, policy).heldUntil }).max(), until > now
            else { return nil }
            let seconds = Int((until - now).components.seconds) + 1
            return OrderRefusal(
                "a push that was given up may still arrive at its target; give the order again in \(seconds) s",
                isTemporary: true)
        }
        guard phase == .overlap || phase == .soak || phase == .deleting, let current else {
            return OrderRefusal(
                "keyturn knows the user's keys: rotation \(number) is in `\(phase.rawValue)`, and its new key is on its way; "
                    + "`adopt` is for keys without a record")
        }
        return OrderRefusal(
            "keyturn knows the user's keys: the targets hold \(current.id), and \(old) is being retired; `keyturn rollback USER` "
                + "keeps the old key Active")
    }

    private var refusalToRollBack: OrderRefusal? {
        switch phase {
        case .overlap where isLeaked(previous?.id), .soak where isLeaked(previous?.id):
            OrderRefusal("\(old) has leaked: it is deleted, and never made Active again")
        case .overlap where problem?.code == .rolledBack:
            OrderRefusal("it is rolled back already: \(old) is Active; `keyturn retry USER` begins the overlap again")
        case .overlap, .soak: previous == nil ? OrderRefusal("there is no old key any more") : nil
        case .creating, .verifying, .delivering:
            OrderRefusal(
                "the old key is still Active, and stays so until every target has confirmed the new one; `rollback` is for "
                    + "`overlap` and `soak`")
        case .deleting: OrderRefusal("the soak is over, and the old key is being deleted")
        case .idle:
            OrderRefusal(
                "no rotation is in progress, so there is no old key: only in `overlap` and `soak` is there one that can come back"
            )
        }
    }

    private func refusalToRetire(_ now: Timestamp, _ requirements: UserRequirements) -> OrderRefusal? {
        guard phase == .overlap, previous != nil else {
            return OrderRefusal(
                "there is no old key that waits to be deactivated: the user is in phase `\(phase.rawValue)`; `retire` is for `overlap`",
                isTemporary: phase == .creating || phase == .verifying || phase == .delivering)
        }
        if problem?.code == .rolledBack {
            return OrderRefusal("an operator has rolled back; `keyturn retry USER` begins the overlap again")
        }
        let holder = requirements.targets.first { target in
            guard let delivery = deliveries[target] else { return false }
            return !delivery.isSettled || delivery.drift?.isPushedAgain == true && delivery.state == .confirmed
        }
        if let holder {
            return OrderRefusal(
                "\(holder) shows \(old), or may hold it: deactivating it would cut that target off. "
                    + "`keyturn skip \(holder) --reason REASON` leaves it out")
        }
        guard now >= phaseSince + overlap(requirements.policy) else {
            return OrderRefusal(
                "the overlap is not over, and nothing else speaks against \(old) yet: it is deactivated by itself",
                isTemporary: true)
        }
        return nil
    }

    /// What cannot be done is said, and written down.
    mutating func refuse(
        _ request: Event.Request, _ refusal: OrderRefusal, _ transition: inout Transition
    ) {
        transition.refusals.append(refusal)
        transition.notes.append(
            HistoryEvent(
                .refused, key: request.key, target: request.target, detail: "\(request.name): \(refusal.reason)"))
    }
}

extension Event.Request {
    /// Whether it is judged again where it was refused for a while and what was due is done since. Only what takes nothing away: a `retire` or
    /// `revoke` is for what its operator saw.
    public var outlastsRefusal: Bool {
        if case .rotate = self { true } else { false }
    }

    /// The command that gives it.
    public var name: String {
        switch self {
        case .rotate: "rotate"
        case .retry: "retry"
        case .skip: "skip"
        case .adopt: "adopt"
        case .rollback: "rollback"
        case .retire: "retire"
        case .forget: "forget"
        case .revoke: "revoke"
        }
    }

    /// The key that it names.
    public var key: AccessKeyID? {
        switch self {
        case .adopt(let id): id
        case .revoke(let id, _): id
        default: nil
        }
    }

    var target: TargetName? {
        switch self {
        case .skip(let target, _), .forget(let target, _): target
        default: nil
        }
    }
}
