/// Something to be done outside: the only things that a rotation ever asks for.
public enum Effect: Hashable, Sendable {
    /// IAM ListAccessKeys. Answer: ``Event/keysListed(_:)``.
    case listKeys
    /// IAM CreateAccessKey, once: it is not idempotent. Answer: ``Event/keyCreated(_:)``, with the pair sealed.
    case createKey
    /// STS GetCallerIdentity with the new pair. Answer: ``Event/keyVerified(_:)`` or `keyNotVerified`.
    case verifyKey(AccessKeyID)
    /// The new pair to one target. Answer: ``Event/pushed(_:_:_:)``.
    case push(TargetName, AccessKeyID)
    /// IAM GetAccessKeyLastUsed. Answer: ``Event/lastUsed(_:_:)``.
    case lookUpLastUse(AccessKeyID)
    /// Asks a target which key ID it holds. Answer: ``Event/inspected(_:_:)``.
    case inspect(TargetName)
    /// Asks a target whether it would take a key. Answer: ``Event/checked(_:_:)``.
    case check(TargetName)
    /// IAM UpdateAccessKey to Active. Answer: ``Event/keyActivated(_:)``.
    case activateKey(AccessKeyID)
    /// IAM UpdateAccessKey to Inactive. Answer: ``Event/keyDeactivated(_:)``.
    case deactivateKey(AccessKeyID)
    /// IAM DeleteAccessKey. Answer: ``Event/keyDeleted(_:)``.
    case deleteKey(AccessKeyID)
}

extension Effect {
    /// The target that is given or asked something; nil: it is a matter of IAM or STS.
    private var target: TargetName? {
        switch self {
        case .push(let target, _), .inspect(let target), .check(let target): target
        case .listKeys, .createKey, .verifyKey, .lookUpLastUse, .activateKey, .deactivateKey, .deleteKey: nil
        }
    }

    /// By the target alone: what is in progress is looked up for each target in every step, and of effects without one there are few.
    public func hash(into hasher: inout Hasher) {
        if let target { hasher.combine(target) }
    }
}
