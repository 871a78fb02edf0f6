/// What a rotation knows in one process only: the journal does not keep it, and a new start begins with an empty one.
struct Transient: Hashable, Sendable {
    /// Effects whose answer is outstanding.
    var inFlight: Set<Effect> = []
    /// A key that an open creation seems to have made.
    var orphan: AccessKeyID?
    /// Whether IAM was listed since this process took a delivery up.
    var isListed = false
    /// A key that an operator wants kept.
    var adopting: AccessKeyID?
    /// What holds for the phase that is in force.
    var inPhase = InPhase()

    /// What was ordered or found out for one phase.
    struct InPhase: Hashable, Sendable {
        /// Whether an operator wants the old key back.
        var isRollingBack = false
        /// Whether the key that the targets hold is gone for good, and the one before it is to be Active again.
        var isReplacing = false
        /// Whether an operator ordered a rotation in a freeze, of a user whose keys are not known yet.
        var isOrderedInFreeze = false
        /// Whether targets are being asked if they would take a new key.
        var isPreflight = false
        /// How often they were asked, since one refused.
        var preflightTries = 0
        /// Why targets would not take one; nil within: they would, as far as is known.
        var checks: [TargetName: String?] = [:]
        /// Whether a target that this rotation did not write was seen to hold the old key, which is Inactive.
        var needsOldKey = false
        /// Whether an operator wants the targets looked at now.
        var isLookOrdered = false
        /// What is believed for a moment.
        var fresh = Fresh()
    }

    /// What was just seen. It is asked again before the next step once time has passed or something failed.
    struct Fresh: Hashable, Sendable {
        /// Whether IAM was seen in a state in which the old key may be retired.
        var mayRetireOldKey = false
        /// Whether IAM was seen to have another Active key than the leaked one without a record.
        var isStrangerCleared = false
        /// Whether the old key was seen unused for long enough.
        var isQuiet = false
        /// Whether the new key was seen in use.
        var isInUse = false
        /// Whether every target was seen not to need the old key.
        var isSeen = false
        /// What targets answered in this round of questions.
        var looks: [TargetName: Look] = [:]
    }
}

extension Rotation {
    var inPhase: Transient.InPhase {
        get { transient.inPhase }
        _modify { yield &transient.inPhase }
    }

    var fresh: Transient.Fresh {
        get { transient.inPhase.fresh }
        _modify { yield &transient.inPhase.fresh }
    }

    /// Forgets what was just seen, since time has passed or something failed.
    mutating func distrust() { fresh = Transient.Fresh() }
}
