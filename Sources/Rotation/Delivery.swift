/// A target's name as people see it: `pusher:place`.
public struct TargetName: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible, Comparable {
    /// `pusher:place`.
    public var rawValue: String

    /// A name of the form `pusher:place`.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// As any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name itself.
    public var description: String { rawValue }

    /// What precedes the colon.
    public var pusher: String { String(rawValue.prefix { $0 != ":" }) }

    /// Alphabetical.
    public static func < (left: TargetName, right: TargetName) -> Bool { left.rawValue < right.rawValue }
}

/// How a delivery was confirmed.
///
/// All of them are good enough to retire the old key; they differ in what drift can be seen by later.
public enum Evidence: String, Hashable, Codable, Sendable {
    /// The key ID was read from the target and is equal.
    case readBack = "read-back"
    /// The service shows a newer time of writing.
    case timestamp
    /// The service said yes; nothing can be read.
    case acknowledged
    /// Only the end of the key ID can be read: it is equal now, and was different before.
    case lastFour = "last-four"
    /// The store shows the version that was written as the current one.
    case version
    /// A job was seen using the key. A proof from outside: no push says it.
    case used
}

/// The plugin that a push was made with.
public struct PluginIdentity: Hashable, Codable, Sendable, CustomStringConvertible {
    /// "travis-ci".
    public var id: String
    /// The plugin's own version.
    public var version: String
    /// SHA-256 of its library, in hexadecimal.
    public var sha256: String

    /// A plugin.
    public init(id: String, version: String, sha256: String) {
        self.id = id
        self.version = version
        self.sha256 = sha256
    }

    /// As history and status name it.
    public var description: String { "\(id) \(version), sha256:\(sha256)" }
}

/// How one push ended.
public struct PushResult: Hashable, Sendable {
    /// The outcomes of the pusher ABI, and `unknown` for what a runner did not report.
    public enum Outcome: String, Hashable, Codable, Sendable {
        case ok, unchanged, retryable, unauthorized, conflict, cancelled, unsupported, `internal`, unknown
        case rateLimited = "rate-limited"
        case notFound = "not-found"
        case invalidConfig = "invalid-config"
        case timedOut = "timed-out"

        /// Whether a person must fix something first, as a rule.
        var isRefusal: Bool {
            switch self {
            case .unauthorized, .notFound, .conflict, .invalidConfig, .unsupported, .internal: true
            case .ok, .unchanged, .retryable, .rateLimited, .timedOut, .cancelled, .unknown: false
            }
        }

        /// What a later version knows of is `unknown` to this one.
        public init(from decoder: any Decoder) throws {
            self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .unknown
        }
    }

    /// What became of it.
    public var outcome: Outcome
    /// How it was confirmed, for `ok` and `unchanged`.
    public var evidence: Evidence?
    /// How long the service asks to wait, for `rateLimited`.
    public var retryAfter: Duration?
    /// Whether something may have been written, although it was not confirmed.
    public var mayHaveWritten: Bool
    /// When the target was last written, by the service's own clock; nil: it does not say.
    public var changedAt: Timestamp?
    /// One line for the operator.
    public var message: String
    /// What it was made with; nil: keyturn itself.
    public var plugin: PluginIdentity?
    /// The service's own ID of the last request, by which its vendor finds it; nil: it names none.
    public var request: String?

    /// Whether something of it may still arrive at the target.
    var mayArrive: Bool {
        switch outcome {
        case .ok, .unchanged: false
        case .unknown, .timedOut, .cancelled: true
        case .retryable, .rateLimited, .unauthorized, .notFound, .conflict, .invalidConfig, .unsupported, .internal:
            mayHaveWritten
        }
    }

    /// A push's end.
    public init(
        _ outcome: Outcome, evidence: Evidence? = nil, retryAfter: Duration? = nil, mayHaveWritten: Bool = false,
        changedAt: Timestamp? = nil, message: String
    ) {
        self.outcome = outcome
        self.changedAt = changedAt
        self.mayHaveWritten = mayHaveWritten
        self.evidence = evidence
        self.retryAfter = retryAfter
        self.message = message
    }
}

/// What became of one rotation's key at one target.
public struct Delivery: Hashable, Codable, Sendable {
    /// The five states.
    public enum State: String, Hashable, Codable, Sendable {
        /// Not confirmed yet, and no push has ended.
        case pending
        /// The target holds the new key.
        case confirmed
        /// The target, or the pusher, said no.
        case failed
        /// No one knows whether the target holds the new key: never good enough to retire the old one.
        case unknown
        /// An operator left this target out of the rotation, or out of the configuration.
        case skipped
    }

    /// Its state.
    public var state: State = .pending
    /// How it was confirmed.
    public var evidence: Evidence?
    /// Pushes begun, over the whole rotation.
    public var attempts: Int = 0
    /// Those of them of which nothing can arrive any more; nil: none is known to be, but for a first one that is confirmed.
    public var endedAttempts: Int?
    /// Tries since it was opened, or since an operator's `retry`; decides how long the next wait is.
    public var quickTries: Int = 0
    /// When the state last changed.
    public var at: Timestamp?
    /// The next push is not before; nil: at once, or one is in progress.
    public var retryAt: Timestamp?
    /// No push before, whatever an operator says: one of the key before may still arrive; nil: there is none.
    public var heldUntil: Timestamp?
    /// Whether a push that was not confirmed may have written something: of the two variables that hold the pair, one may
    /// be the old key's and the other the new one's. Never where one variable holds both.
    public var mayBeTorn: Bool = false
    /// Since when a half-written one is refused for a reason that a person must fix; nil: it is not.
    public var refusedSince: Timestamp?
    /// The vendor's answer, or the reason for a skip.
    public var detail: String?
    /// How the last push ended, where it was not confirmed.
    public var outcome: PushResult.Outcome?
    /// The plugin of the push that confirmed it.
    public var plugin: PluginIdentity?
    /// When the target was last written, by the service's own clock, as the push or the first look after it reported.
    public var changedAt: Timestamp?
    /// When the target last said what it holds.
    public var lookedAt: Timestamp?
    /// What it showed then that it should not; nil: nothing.
    public var drift: Drift?
    /// How often it was pushed again in this rotation, after it had been confirmed.
    public var pushedAgain: Int = 0
    /// What the target is, whatever it is called: plugin, service, place and names of the values; nil: not known.
    public var identity: String?
    /// Since when it is no longer in the configuration; nil: it is.
    public var leftAt: Timestamp?
    /// The key that it holds although that is dead, since an operator left it out of a leak's rotation; nil: none. It counts until the
    /// target has another key.
    public var deadKey: AccessKeyID?

    /// A delivery that nothing was done for yet.
    public init() {}

    /// Whether `retryAt` is the service's own word, which a new start of keyturn does not override.
    public var isRateLimited: Bool { outcome == .rateLimited }

    /// A push has ended. One whose process has ended before it counts as on its way.
    mutating func takeEnd(of result: PushResult) {
        let isFirst = attempts == 1 && (result.outcome == .ok || result.outcome == .unchanged)
        if !result.mayArrive, !isFirst { endedAttempts = (endedAttempts ?? 0) + 1 }
    }

    /// Whether the rotation need not wait for it any more.
    public var isSettled: Bool { state == .confirmed || state == .skipped }

    /// Whether a push that was not confirmed is tried again soon, for a fault that passes by itself as a rule: the quick tries are not used
    /// up yet, or the service has asked for a pause.
    public func isPassing(_ policy: Policy) -> Bool {
        guard !isSettled, retryAt != nil, let outcome else { return false }
        switch outcome {
        case .rateLimited: return true
        case .retryable, .unknown, .timedOut, .cancelled: return quickTries < policy.maxAttempts
        default: return false
        }
    }
}

extension Delivery {
    /// When the next push may begin.
    func opens(_ now: Timestamp) -> Timestamp { max(retryAt ?? now, heldUntil ?? now) }

    /// A clock that was set back must not make it wait for longer than the next push has to.
    mutating func shortenHold(_ now: Timestamp, _ policy: Policy) {
        heldUntil = heldUntil.map { min($0, now + Self.lingering(policy)) }
    }

    /// Nothing yet, for the same key at a target that is back.
    var renewed: Delivery {
        var delivery = Delivery()
        delivery.mayBeTorn = mayBeTorn
        delivery.heldUntil = heldUntil
        delivery.identity = identity
        delivery.leftAt = leftAt
        delivery.deadKey = deadKey
        return delivery
    }

    /// Nothing yet, for the next key at the same target.
    ///
    /// A push of this key that was given up may still arrive. Were the next key there before it, the target would be left
    /// with a dead one. Of those that were refused, or never sent, nothing can.
    func successor(_ now: Timestamp, _ policy: Policy) -> Delivery {
        var next = renewed
        let mayArrive = attempts > max(endedAttempts ?? 0, state == .confirmed ? 1 : 0)
        let given = mayArrive ? min(isSettled ? at ?? now : now, now) + Self.lingering(policy) : nil
        next.heldUntil = [given, heldUntil].compactMap { $0 }.filter { $0 > now }.max()
        guard next.heldUntil != nil else { return next }
        next.detail = "waiting: an earlier push is unanswered and could overwrite this key"
        return next
    }

    /// How long after it was given up a push may still arrive.
    private static func lingering(_ policy: Policy) -> Duration { policy.pushTimeout + .seconds(60) }
}
