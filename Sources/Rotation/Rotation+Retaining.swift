/// `retain-secret`: the pair that the targets hold stays sealed in the journal until the rotation is over, so that a target
/// which loses it again gets it again; or as long as it is the current one, so that a target which is added gets it at once.
extension Rotation {
    /// The key whose pair the journal keeps.
    public var keyOfPair: KeyRecord? { next ?? (current.map { $0.id == retained } == true ? current : nil) }

    /// Whether a target lacks the key that the others hold, and can get it.
    public func lacksTargets(_ terms: Terms) -> Bool {
        phase == .idle && current != nil && retained == current?.id && terms.policy.retainSecret == .current
            && problem == nil
            && !hasLeak && !isRequested
            && current?.status == .active && !missing(terms).isEmpty
    }

    private func missing(_ terms: Terms) -> [TargetName] {
        terms.targets.filter { deliveries[$0] == nil }
    }

    /// Back to `delivering`, with the key that the others have confirmed already.
    mutating func deliverToNewTargets(_ now: Timestamp, _ terms: Terms, _ transition: inout Transition) {
        guard lacksTargets(terms), !isDue(now, terms.policy), let key = current else { return }
        next = key
        current = nil
        enter(.delivering, now)
        // Whether the key is still there is asked before it is pushed.
        isListed = false
        resumeDelivering(now, terms, &transition)
    }

    /// Whether the key on its way to the targets is one that others hold already.
    var isDeliveringToNewTargets: Bool { phase == .delivering && next != nil && next?.id == retained }

    /// The pair goes when its key is not the current one any more, or when an operator has changed his mind.
    mutating func dropPair(_ terms: Terms, _ transition: inout Transition) {
        guard let kept = retained, next == nil else { return }
        let isKept =
            switch terms.policy.retainSecret {
            case .none: false
            case .rotation: phase != .idle
            case .current: true
            }
        guard kept != current?.id || !isKept else { return }
        retained = nil
        transition.wipesPair = true
    }
}
