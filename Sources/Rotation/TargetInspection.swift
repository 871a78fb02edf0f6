/// What a target showed when it was asked which key it holds.
public struct TargetInspection: Hashable, Sendable {
    /// What can be read there.
    public enum Holding: Hashable, Sendable {
        /// This key ID.
        case key(AccessKeyID)
        /// The place holds no key.
        case nothing
        /// The service does not show the value.
        case unreadable
        /// The pusher cannot read what this kind of target holds.
        case unsupported
    }

    /// What can be read there.
    public var holding: Holding
    /// When the target was last written, by the service's own clock; nil: the service does not say.
    public var changedAt: Timestamp?

    /// An answer of a target.
    public init(_ holding: Holding, changedAt: Timestamp? = nil) {
        self.holding = holding
        self.changedAt = changedAt
    }

    /// The key ID, where it can be read.
    public var key: AccessKeyID? { if case .key(let id) = holding { id } else { nil } }
}

/// What became of one question to a target: transient, for one round of questions.
enum Look: Hashable, Sendable {
    /// It answered.
    case seen(TargetInspection)
    /// It cannot be asked at the moment, for this reason.
    case failed(String)

    /// The key ID, where it could be read.
    var key: AccessKeyID? { if case .seen(let inspection) = self { inspection.key } else { nil } }
}
