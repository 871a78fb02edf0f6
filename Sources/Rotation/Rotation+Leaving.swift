/// Targets that leave the configuration still hold a key: they are not forgotten in silence.
extension Rotation {
    /// Targets that left the configuration, and that no operator has let go.
    public var leftTargets: [TargetName] { deliveries.filter { $0.value.leftAt != nil }.keys.sorted() }

    /// Whether the old key is not touched, and no rotation begins, because of one. A leak does not wait.
    public var isLeftBehind: Bool { !hasLeak && deliveries.values.contains { $0.leftAt != nil } }

    /// What this rotation is for a configuration that may have changed since it was written down. Changes nothing.
    public func recognizing(_ requirements: UserRequirements, at now: Timestamp) -> Rotation {
        var (copy, transition) = (self, Transition())
        copy.recognizeTargets(now, requirements, &transition)
        return copy
    }

    /// Finds each target again, whatever it is called now, and notes which have left and which are back.
    ///
    /// A target is what its plugin, service, place and variables make it; its name changes with that of its pusher.
    mutating func recognizeTargets(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        guard !requirements.targets.isEmpty else { return }
        let configured = Set(requirements.targets)
        renameTargets(requirements, configured, &transition)
        for target in deliveries.keys.sorted() {
            guard let delivery = deliveries[target] else { continue }
            if configured.contains(target) {
                guard delivery.leftAt != nil else { continue }
                takeBack(target, delivery, &transition)
                transition.notes.append(HistoryEvent(.targetAdded, target: target, detail: "back in the configuration"))
            } else if let reason = requirements.forgotten[target] {
                forgetNow(target, reason, &transition)
            } else if delivery.leftAt == nil, delivery.state != .skipped {
                deliveries[target]?.leftAt = now
                deliveries[target]?.drift = nil
                transition.changedDeliveries.insert(target)
                transition.notes.append(HistoryEvent(.targetLeft, key: keyLeft(at: target), target: target))
            }
        }
        if problem?.code == .drifted, stubborn(requirements).isEmpty {
            problem = nil
            retryAt = nil
        }
    }

    /// One that a leak's rotation went without gets its key like one that is new.
    private mutating func takeBack(_ target: TargetName, _ delivery: Delivery, _ transition: inout Transition) {
        let isOnTheWay = phase == .creating || phase == .verifying || phase == .delivering
        if !isOnTheWay, !delivery.isSettled {
            deliveries[target] = nil
            transition.removedDeliveries.insert(target)
        } else {
            deliveries[target]?.leftAt = nil
            transition.changedDeliveries.insert(target)
        }
    }

    private mutating func renameTargets(
        _ requirements: UserRequirements, _ configured: Set<TargetName>, _ transition: inout Transition
    ) {
        for target in requirements.targets {
            guard let identity = requirements.identities[target] else { continue }
            if let known = deliveries[target] {
                if known.identity == identity { continue }
                // Written before that was noted: the name means it.
                guard known.identity != nil else {
                    deliveries[target]?.identity = identity
                    transition.changedDeliveries.insert(target)
                    continue
                }
                move(target, to: freeName(target, configured), &transition)
            }
            let former = deliveries.first { $0.value.identity == identity && !configured.contains($0.key) }
            if let former { move(former.key, to: target, &transition) }
        }
    }

    private mutating func move(_ target: TargetName, to name: TargetName, _ transition: inout Transition) {
        deliveries[name] = deliveries.removeValue(forKey: target)
        transition.removedDeliveries.insert(target)
        transition.removedDeliveries.remove(name)
        transition.changedDeliveries.remove(target)
        transition.changedDeliveries.insert(name)
    }

    /// Another place has the name now: the former one is called `NAME~1`.
    private func freeName(_ target: TargetName, _ configured: Set<TargetName>) -> TargetName {
        for number in 1..<1_000 {
            let name = TargetName("\(target.rawValue)~\(number)")
            if deliveries[name] == nil, !configured.contains(name) { return name }
        }
        return TargetName("\(target.rawValue)~")
    }

    /// The key that it holds, as far as keyturn knows.
    private func keyLeft(at target: TargetName) -> AccessKeyID? {
        guard phase == .creating || phase == .verifying || phase == .delivering else { return current?.id }
        return deliveries[target]?.state == .confirmed ? next?.id : current?.id
    }

    mutating func forget(
        _ target: TargetName, _ reason: String, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        forgetNow(target, reason, &transition)
        retryAt = nil
        if phase == .delivering { finishDeliveringIfSettled(now, requirements, &transition) }
    }

    private mutating func forgetNow(_ target: TargetName, _ reason: String, _ transition: inout Transition) {
        guard deliveries.removeValue(forKey: target) != nil else { return }
        transition.changedDeliveries.remove(target)
        transition.removedDeliveries.insert(target)
        transition.notes.append(HistoryEvent(.forgotten, key: current?.id, target: target, detail: reason))
    }

    /// Says why nothing goes on, where only that blocks it.
    mutating func judgeLeft(_ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition) {
        guard isLeftBehind, isInTheWay(now, requirements), let first = leftTargets.first else {
            if problem?.code == .targetLeft {
                problem = nil
                retryAt = nil
            }
            return
        }
        guard problem?.code != .drifted, problem?.code != .rolledBack else { return }
        retryAt = now + IAMTimes.strangerWait
        block(.targetLeft, sentenceOnLeft(first), now, &transition)
    }

    /// What a target that left blocks, and what to type.
    public func sentenceOnLeft(_ first: TargetName) -> String {
        let key = keyLeft(at: first)?.rawValue ?? "the current key"
        let fate =
            switch phase {
            case .idle: "No rotation begins, since that would leave it with a dead key"
            case .soak, .deleting: "The old key \(previous?.id.rawValue ?? "") is not deleted"
            default: "The old key \((phase == .overlap ? previous : current)?.id.rawValue ?? "") stays Active"
            }
        return
            "\(first)\(andMore(of: leftTargets.count)) is no longer in the configuration and holds \(key), as far as keyturn knows. \(fate). Put "
            + "the target back; or, if nothing there needs the key, `keyturn forget \(first) --reason REASON`."
    }

    private func isInTheWay(_ now: Timestamp, _ requirements: UserRequirements) -> Bool {
        switch phase {
        case .idle: isDue(now, requirements.policy)
        case .creating, .verifying: false
        case .delivering: !hasOpenDeliveries
        case .overlap: !hasOpenDeliveries && now >= phaseSince + overlap(requirements.policy)
        case .soak: now >= phaseSince + soak(requirements.policy)
        case .deleting: true
        }
    }
}
