/// `retain-secret`: the pair that the targets hold stays sealed in the journal until the rotation is over, so that a target
/// which loses it again gets it again; or as long as it is the current one, so that a target which is added gets it at once.
extension Rotation {
    /// The key whose pair the journal keeps.
    public var keyOfPair: KeyRecord? { next ?? (current.map { $0.id == retained } == true ? current : nil) }

    /// Whether a target lacks the key that the others hold, and can get it.
    public func lacksTargets(_ requirements: UserRequirements) -> Bool {
        phase == .idle && current != nil && retained == current?.id && requirements.policy.retainSecret == .current
            && problem == nil
            && !hasLeak && !isRequested
            && current?.status == .active && !missing(requirements).isEmpty
    }

    private func missing(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { deliveries[$0] == nil }
    }

    /// Back to `delivering`, with the key that the others have confirmed already.
    mutating func deliverToNewTargets(
        _ now: Timestamp, _ requirements: UserRequirements, _ transition: inout Transition
    ) {
        guard lacksTargets(requirements), !isDue(now, requirements.policy), let key = current else { return }
        next = key
        current = nil
        enter(.delivering, now)
        // Whether the key is still there is asked before it is pushed.
        transient.isListed = false
        resumeDelivering(now, requirements, &transition)
    }

    /// Whether the key on its way to the targets is one that others hold already.
    var isDeliveringToNewTargets: Bool { phase == .delivering && next != nil && next?.id == retained }

    /// The pair goes when its key is not the current one any more, or when an operator has changed his mind.
    mutating func dropPair(_ requirements: UserRequirements, _ transition: inout Transition) {
        guard let kept = retained, next == nil else { return }
        let isKept =
            switch requirements.policy.retainSecret {
            case .none: false
            case .rotation: phase != .idle
            case .current: true
            }
        guard kept != current?.id || !isKept else { return }
        retained = nil
        transition.wipesPair = true
    }
}
