/// A target shows another key, or a later write, than the one that was confirmed there.
public struct Drift: Hashable, Codable, Sendable {
    /// What is seen there.
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// The key that this rotation replaces.
        case oldKey = "old-key"
        /// A key that keyturn has deleted.
        case deletedKey = "deleted-key"
        /// A key that keyturn does not know.
        case unknownKey = "unknown-key"
        /// No key any more.
        case noKey = "no-key"
        /// A value that could be read when it was confirmed, and cannot be read now.
        case unreadable
        /// A write after keyturn's own; what was written cannot be read.
        case laterWrite = "later-write"
    }

    /// What is seen there.
    public var kind: Kind
    /// The key that is seen, where one is.
    public var key: AccessKeyID?
    /// When keyturn first saw it.
    public var since: Timestamp

    /// Something seen at a target.
    public init(_ kind: Kind, key: AccessKeyID? = nil, since: Timestamp) {
        (self.kind, self.key, self.since) = (kind, key, since)
    }

    /// Whether the target may hold a key that this rotation retires, or holds a dead one: then the pair is pushed again.
    /// What someone else has put there on purpose is not overwritten.
    public var isPushedAgain: Bool {
        switch kind {
        case .oldKey, .deletedKey, .unreadable, .laterWrite: true
        case .unknownKey, .noKey: false
        }
    }

    /// The longest difference of two times of one service that is not a later write: what one push takes.
    static let tolerance: Duration = .seconds(60)

    /// What is seen, in words: `it holds AKIA…, the old key`.
    public var words: String {
        let id = key?.rawValue ?? "another key"
        return switch kind {
        case .oldKey: "it holds the old key \(id) again"
        case .deletedKey: "it holds \(id), which keyturn has deleted: jobs there fail"
        case .unknownKey: "it holds \(id), which is not a key that keyturn delivered"
        case .noKey: "it holds no key any more"
        case .unreadable: "its key could be read when it was confirmed, and cannot be read now"
        case .laterWrite: "it was written again after keyturn's own write, and its key cannot be read"
        }
    }
}

extension Rotation {
    /// What is wrong with what a target shows; nil: nothing is, or nothing was ever confirmed there.
    ///
    /// - Parameter now: since when, if it is new.
    public func drift(of target: TargetName, _ seen: TargetInspection, at now: Timestamp) -> Drift? {
        guard number > 0, let delivery = deliveries[target], delivery.state == .confirmed,
            let wanted = phase == .delivering ? next : current
        else {
            return recognized(seen).key.flatMap { hasDeleted($0) ? Drift(.deletedKey, key: $0, since: now) : nil }
        }
        let seen = recognized(seen)
        switch seen.holding {
        case .key(wanted.id), .unsupported: return nil
        case .key(let id) where id == previous?.id || id == current?.id: return Drift(.oldKey, key: id, since: now)
        case .key(let id): return Drift(hasDeleted(id) ? .deletedKey : .unknownKey, key: id, since: now)
        case .end: return Drift(.unknownKey, since: now)
        case .nothing: return Drift(.noKey, since: now)
        case .unreadable where delivery.evidence == .readBack: return Drift(.unreadable, since: now)
        case .unreadable:
            guard let changedAt = seen.changedAt, let own = delivery.changedAt, changedAt > own + Drift.tolerance else {
                return nil
            }
            return Drift(.laterWrite, since: now)
        }
    }

    /// What follows from it, and what to type, as it works in this phase.
    public func advice(on drift: Drift) -> String {
        switch phase {
        case .idle: return "`keyturn rotate USER` gives every target a new key"
        case .creating, .verifying, .delivering:
            return "every target gets the new key in this rotation, and is looked at again before the old one goes"
        case .overlap, .soak, .deleting:
            guard drift.isPushedAgain else {
                return
                    "it is not overwritten; once this rotation is over, `keyturn rotate USER` gives every target a new key"
            }
            if problem?.code == .rolledBack {
                return "`keyturn retry USER` ends the rollback and pushes the new key there again"
            }
            return hasPair
                ? "the new key is pushed there again before the old one goes; `keyturn retry USER` does it now"
                : "the old key stays as it is until the target holds the new one; its secret was not kept"
        }
    }

    /// Whether it is a key that keyturn has deleted, as far back as that is kept.
    public func hasDeleted(_ id: AccessKeyID) -> Bool { deletedKeys.contains { $0.id == id } }
}

/// A key that keyturn has deleted.
public struct DeletedKey: Hashable, Codable, Sendable {
    /// Its ID.
    public var id: AccessKeyID
    /// When it was deleted.
    public var at: Timestamp

    /// A key that is gone.
    public init(id: AccessKeyID, at: Timestamp) { (self.id, self.at) = (id, at) }
}

/// When and by what a key was last used, as IAM says.
public struct LastUse: Hashable, Codable, Sendable {
    /// When, to the minute or so.
    public var at: Timestamp
    /// Which service was asked, such as `s3`; nil: IAM does not say.
    public var service: String?
    /// In which region.
    public var region: String?

    /// A use.
    public init(at: Timestamp, service: String? = nil, region: String? = nil) {
        (self.at, self.service, self.region) = (at, service, region)
    }
}
