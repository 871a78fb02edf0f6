/// How one user's key is to be rotated.
public struct Policy: Hashable, Sendable {
    /// The age at which a key is replaced.
    public var rotateEvery: Duration
    /// How long both keys stay active after the last delivery was confirmed.
    public var overlap: Duration
    /// How long the old key stays inactive before it is deleted.
    public var soak: Duration
    /// How long the old key must have been unused before it is deactivated; zero: not asked; nil: by ``requiredQuiet``.
    public var quiet: Duration?
    /// Whether the new key must have been seen in use before the old one is deactivated.
    public var proofOfUse: Bool
    /// Whether targets are asked if they would take a key before one is made.
    public var preflight: Bool
    /// How long the pair that the targets hold stays sealed in the journal.
    public var retainSecret = RetainSecret.rotation
    /// How often targets are looked at outside rotations; zero: never.
    public var lookEvery: Duration = .seconds(6 * 3600)
    /// Quick tries of one push before it waits for `retry`.
    public var maxAttempts: Int
    /// The wait between tries once the quick ones are used up.
    public var retry: Duration
    /// The time one push may take.
    public var pushTimeout: Duration
    /// When no rotation begins by itself.
    public var freezes: [Freeze] = []
    /// The age that no Active key is to pass; nil: any is fine. Stronger than a freeze, weaker than the promise: a key that a target
    /// may hold stays Active, however old.
    public var maxAge: Duration?
    /// By how much earlier than `rotateEvery` rotations begin.
    public var spread = Spread()
    /// Whether the first rotation of a user that has a key begins by itself.
    public var firstRotation = FirstRotation.whenDue

    /// A policy; the defaults are those of `keyturn.yaml`.
    public init(
        rotateEvery: Duration = .seconds(24 * 3600), overlap: Duration = .seconds(3600),
        soak: Duration = .seconds(3600), quiet: Duration? = nil, proofOfUse: Bool = false, preflight: Bool = false,
        maxAttempts: Int = 3,
        retry: Duration = .seconds(300), pushTimeout: Duration = .seconds(30)
    ) {
        self.rotateEvery = rotateEvery
        self.overlap = overlap
        self.soak = soak
        self.quiet = quiet
        self.proofOfUse = proofOfUse
        self.preflight = preflight
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.pushTimeout = pushTimeout
    }
}

/// Whether the first rotation of a user that has a key begins by itself.
///
/// The targets of a new configuration may not be all the places where the key is used. So by default a person begins.
public enum FirstRotation: String, Hashable, Sendable, CaseIterable {
    /// `keyturn rotate` begins it.
    case whenAsked = "when-asked"
    /// It begins when the key is old enough.
    case whenDue = "when-due"
}

/// How long the sealed pair is kept.
public enum RetainSecret: String, Hashable, Sendable, CaseIterable {
    /// Until every target has confirmed it.
    case none
    /// Until the rotation is over, so that a target whose old value comes back can be pushed again.
    case rotation
    /// As long as it is the current one, so that a target that is added gets it at once.
    case current
}

extension Policy {
    /// The shortest overlap in which the old key's last use is asked for by default: IAM reports it with a lag.
    static let shortestAskedOverlap: Duration = .seconds(1_800)

    /// How long the old key must have been unused before it is deactivated; nil: not asked.
    public var requiredQuiet: Duration? {
        if let quiet { return quiet > .zero ? quiet : nil }
        return overlap >= Self.shortestAskedOverlap ? max(Self.shortestAskedOverlap, overlap / 2) : nil
    }
}

/// What a rotation is measured against: the configuration of its user, at this moment.
public struct UserRequirements: Hashable, Sendable {
    /// Times and limits.
    public var policy: Policy
    /// Every place that must hold the key.
    public var targets: [TargetName]
    /// Targets where one value holds the whole pair: one is never half written.
    public var oneValue: Set<TargetName>
    /// What each target is, whatever it is called: a pusher that is renamed loses nothing.
    public var identities: [TargetName: String]
    /// Targets that have left, and do not matter any more, each with the reason.
    public var forgotten: [TargetName: String]

    /// What one user requires.
    public init(
        policy: Policy, targets: [TargetName], oneValue: Set<TargetName> = [], identities: [TargetName: String] = [:],
        forgotten: [TargetName: String] = [:]
    ) {
        (self.identities, self.forgotten) = (identities, forgotten)
        self.policy = policy
        self.targets = targets
        self.oneValue = oneValue
    }
}

/// Times that follow from how IAM behaves, not from anybody's taste.
package enum IAMTimes {
    /// Right answers in a row before a new key counts as spread. One good answer does not prove that all of STS's
    /// servers know the key.
    static let verificationAnswers = 3
    /// Between two right answers.
    static let verificationSpacing: Duration = .seconds(1)
    /// The longest wait between two tries of a key that is not known yet; spreading takes 5 to 15 s as a rule.
    static let verificationLongestWait: Duration = .seconds(15)
    /// When a key that is still refused becomes a problem to report.
    static let verificationPatience: Duration = .seconds(60)
    /// Tries that take about as long as that.
    static let verificationTries = 8
    /// How long after a CreateAccessKey without an answer its key may still turn up in a listing.
    static let creationSettling: Duration = .seconds(6)
    /// How far AWS's clock and ours may be apart, when a key's age is compared with the moment of an intent.
    static let clockTolerance: Duration = .seconds(60)
    /// The longest that a CreateAccessKey may be in progress.
    static let creationLongest: Duration = .seconds(60)
    /// Between two looks at a key that keyturn cannot account for, until a person has settled it.
    static let strangerWait: Duration = .seconds(300)
    /// The longest between two looks while the old key is Inactive: a target that holds it again fails until then.
    static let soakLook: Duration = .seconds(900)
    /// How long a place must have been empty before that is believed.
    static let emptinessWait: Duration = .seconds(60)
    /// How long IAM may list a key that keyturn has deleted.
    static let deletionLag: Duration = .seconds(900)
    /// Looks of the preflight before a refusal is believed, and the time between two.
    static let preflightTries = 3
    package static let preflightWait: Duration = .seconds(20)
    /// Looks in vain, over a minute, before a target counts as one that cannot be asked.
    static let lookTries = 7
    /// Keys that keyturn has deleted whose IDs are kept.
    static let deletedKeyLimit = 8
    /// Between two looks at when a key was last used, which IAM reports with a lag.
    static let lastUseWait: Duration = .seconds(300)
    /// A listing may lack a key that is younger than this; one that every listing lacks for so long is gone.
    static let listingLag: Duration = .seconds(60)
    /// Creations that one rotation tries before it holds.
    static let creationLimit = 8
    /// The first and the longest wait after IAM refused or failed an operation.
    static let failureWait: Duration = .seconds(30)
    static let failureLongestWait: Duration = .seconds(900)
}
