/// One line of history: what was done or seen, with which key, at which target, and why.
public struct HistoryEvent: Hashable, Sendable {
    /// What happened. `…ing` is an intent, written before the effect; the past form is its outcome.
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case keysSeen = "keys-seen"
        case takenOver = "taken-over"
        case began, creating, created
        case creationUncertain = "creation-uncertain"
        case orphanSeen = "orphan-seen"
        case deletingOrphan = "deleting-orphan"
        case orphanDeleted = "orphan-deleted"
        case verifying, verified
        case successorLost = "successor-lost"
        case delivering
        case delivered
        case notDelivered = "not-delivered"
        case skipped
        case targetAdded = "target-added"
        /// A target has left the configuration; it does not matter any more.
        case targetLeft = "target-left"
        case forgotten
        case allDelivered = "all-delivered"
        /// A target shows another key, or a later write, than was confirmed; it shows the right one again.
        case driftSeen = "drift-seen"
        case driftOver = "drift-over"
        case pushingAgain = "pushing-again"
        case stillInUse = "still-in-use"
        case notInUse = "not-in-use"
        case deactivating, deactivated
        case reactivatedOutside = "reactivated-outside"
        case deleting, deleted
        case completed
        case blocked
        case requested
        /// An order that cannot be carried out.
        case refused
        case adopted
        case activating, activated
        /// About the history itself: lines were pruned, or the chain was changed by another program.
        case historyPruned = "history-pruned"
        case historyBroken = "history-broken"
        /// The state may be older than what was done: its database went over to another server, which may lack what was written last.
        case stateMayBeBehind = "state-may-be-behind"
    }

    /// What happened.
    public var kind: Kind
    /// The key that it is about.
    public var key: AccessKeyID?
    /// The target that it is about.
    public var target: TargetName?
    /// How a delivery was confirmed.
    public var evidence: Evidence?
    /// The reason, or the vendor's answer.
    public var detail: String?
    /// When a push that was not confirmed is tried again. Only the host knows: what a pusher says of a failure does not.
    public var retryAt: Timestamp?
    /// The service's own ID of the request that it is about. For the log: the history does not keep it.
    public var request: String?

    /// One line.
    public init(
        _ kind: Kind, key: AccessKeyID? = nil, target: TargetName? = nil, evidence: Evidence? = nil,
        detail: String? = nil
    ) {
        self.kind = kind
        self.key = key
        self.target = target
        self.evidence = evidence
        self.detail = detail
    }
}

/// What one event led to: to be journalled as a whole before any of the effects begins.
public struct Transition: Hashable, Sendable {
    /// What is to be done now.
    public var effects: [Effect] = []
    /// Lines for the history.
    public var notes: [HistoryEvent] = []
    /// The deliveries that changed.
    public var changedDeliveries: Set<TargetName> = []
    /// Deliveries that are to be forgotten.
    public var removedDeliveries: Set<TargetName> = []
    /// Orders that cannot be carried out.
    public var refusals: [OrderRefusal] = []
    /// Whether the sealed pair is no longer needed.
    public var wipesPair = false

    /// A transition that nothing follows from.
    public init() {}

    /// Whether there is nothing to write with the rotation itself.
    public var isSilent: Bool {
        notes.isEmpty && changedDeliveries.isEmpty && removedDeliveries.isEmpty && !wipesPair
    }

    /// Adds to the last line, if it is about this target, the service's own ID of the request.
    mutating func note(_ request: String?, of target: TargetName) {
        guard let index = notes.indices.last, notes[index].target == target else { return }
        notes[index].request = request
    }

    /// Adds what came of a later event.
    public mutating func append(_ later: Transition) {
        effects += later.effects
        refusals += later.refusals
        notes += later.notes
        changedDeliveries.formUnion(later.changedDeliveries)
        removedDeliveries.formUnion(later.removedDeliveries)
        wipesPair = wipesPair || later.wipesPair
    }
}
