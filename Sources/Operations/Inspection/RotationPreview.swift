internal import Configuration
internal import Rotation

/// What the next step would do to a user, found out on a copy of its rotation that is given what IAM lists now. Changes nothing.
struct RotationPreview {
    /// The copy, after the listing.
    private(set) var rotation: Rotation
    /// Whether a rotation would begin at once. With `preflight` the targets are asked first.
    private(set) var begins = false
    /// Whether an operator asks for a rotation, now or before.
    private(set) var isAsked: Bool
    /// Why the order would be refused; nil: it would not, or there is none.
    private(set) var refusal: OrderRefusal?

    /// - Parameters:
    ///   - rotation: what the state has of the user.
    ///   - order: what an operator would ask for; nil: nothing.
    ///   - keys: what IAM lists; nil: it was not asked.
    init(
        of rotation: Rotation, order: Event.Request?, keys: [AccessKey]?, at now: Timestamp,
        _ requirements: UserRequirements
    ) {
        self.rotation = rotation
        isAsked = rotation.isRequested || order != nil
        var effects = send(.resumed, now, requirements)
        if let order { effects += send(.asked(order), now, requirements) }
        guard let keys, effects.contains(.listKeys) else { return }
        effects = send(.keysListed(keys), now, requirements)
        begins = effects.contains { effect in
            if case .check = effect { true } else { effect == .createKey }
        }
    }

    private mutating func send(_ event: Event, _ now: Timestamp, _ requirements: UserRequirements) -> [Effect] {
        let transition = rotation.handle(event, at: now, requirements: requirements)
        refusal = refusal ?? transition.refusals.first
        return transition.effects
    }
}
