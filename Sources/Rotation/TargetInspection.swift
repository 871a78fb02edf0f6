/// What a target showed when it was asked which key it holds.
public struct TargetInspection: Hashable, Sendable {
    /// What can be read there.
    public enum Holding: Hashable, Sendable {
        /// This key ID.
        case key(AccessKeyID)
        /// A key ID that ends so; the service shows no more of it.
        case end(String)
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

extension Rotation {
    /// What a target showed, with the key ID in place of an end that only one known key has. Where several have it, nothing of the
    /// value can be recognized; an end that none has is that of a key that keyturn does not know.
    public func recognized(_ seen: TargetInspection) -> TargetInspection {
        guard case .end(let end) = seen.holding else { return seen }
        let known = Set([current, next, previous].compactMap { $0?.id } + deletedKeys.map(\.id))
        let fitting = known.filter { $0.rawValue.hasSuffix(end) }
        var seen = seen
        if let id = fitting.first { seen.holding = fitting.count == 1 ? .key(id) : .unreadable }
        return seen
    }
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
