internal import CKeyturnPusher
internal import PlainText
public import Rotation
internal import RunnerProtocol
internal import Secrets

/// How one call of a pusher ended.
public struct CallReport: Hashable, Sendable {
    /// What became of it.
    public var outcome: PushResult.Outcome
    /// How a push was confirmed.
    public var evidence: Evidence?
    /// How long the service asks to wait.
    public var retryAfter: Duration?
    /// Whether something may have been written at the target by a push that did not end well.
    public var mayHaveWritten = false
    /// The plugin that was called; nil: keyturn's own place.
    public var plugin: PluginIdentity?
    /// One line for the operator, without secrets.
    public var message: String
    /// The key ID that `inspect` read.
    public var keyID: String?
    /// When the target was last written, as the service says.
    public var changedAt: String?
    /// What `find` found around it, or `below` in a scope.
    public var found = Found()
    /// The service's own ID of the last request, by which its vendor finds it; nil: it named none.
    public var request: String?

    /// A report of the host's own.
    public init(
        _ outcome: PushResult.Outcome, _ message: String, evidence: Evidence? = nil, keyID: String? = nil
    ) {
        self.outcome = outcome
        self.message = message
        self.evidence = evidence
        self.keyID = keyID
    }

    /// What the runner reported; nonsense is `unknown`.
    init(_ told: RunnerProtocol.Outcome, _ redactor: Redactor) {
        guard let outcome = Self.outcomes[told.code], let evidence = Self.evidence[told.evidence] else {
            self.init(.unknown, "the pusher answered with an outcome that the ABI does not have")
            return
        }
        let line = Self.oneLine(told.message, redactor)
        self.init(outcome, line.isEmpty ? Self.words[outcome] ?? outcome.rawValue : line)
        let isConfirmed = outcome == .ok || outcome == .unchanged
        self.evidence = isConfirmed ? evidence : nil
        if outcome == .rateLimited, told.retryAfter > 0 {
            retryAfter = min(.milliseconds(told.retryAfter), PusherLimits.retryAfter)
        }
        keyID = told.keyID.isEmpty ? nil : Self.oneLine(told.keyID, redactor, limit: PusherLimits.keyID)
        changedAt = told.changedAt.isEmpty ? nil : Self.oneLine(told.changedAt, redactor, limit: PusherLimits.time)
    }

    /// A text of a pusher as it may be shown. Secrets are taken out before it is cut, so that none is left in part.
    static func oneLine(_ text: String, _ redactor: Redactor, limit: Int = PusherLimits.message) -> String {
        guard text.utf8.count > longestSearched else { return PlainText.line(redactor.redact(text), limit: limit) }
        // What follows would be cut off in any case. The end may hold the beginning of a secret, so it goes.
        let searched = redactor.redact(String(decoding: text.utf8.prefix(longestSearched), as: UTF8.self))
        return PlainText.line(
            String(decoding: searched.utf8.dropLast(longestSecret), as: UTF8.self) + "…", limit: limit)
    }

    /// The bytes of a text in which secrets are looked for.
    private static let longestSearched = 16 << 10
    /// No secret of a pair or a token is longer, in whatever form.
    private static let longestSecret = 4 << 10

    /// Of a number that a runner gave; nonsense is `unknown`.
    static func outcome(_ code: Int32) -> PushResult.Outcome { outcomes[code] ?? .unknown }

    /// `kt_outcome`.
    private static let outcomes: [Int32: PushResult.Outcome] = [
        KT_OK: .ok, KT_UNCHANGED: .unchanged, KT_RETRYABLE: .retryable, KT_RATE_LIMITED: .rateLimited,
        KT_UNAUTHORIZED: .unauthorized, KT_NOT_FOUND: .notFound, KT_CONFLICT: .conflict,
        KT_INVALID_CONFIG: .invalidConfig, KT_CANCELLED: .cancelled, KT_TIMED_OUT: .timedOut,
        KT_UNSUPPORTED: .unsupported, KT_INTERNAL: .internal,
    ]

    /// `kt_evidence`. Not `KT_EVIDENCE_USED`: that a job uses the key, no push can know.
    private static let evidence: [Int32: Evidence] = [
        KT_EVIDENCE_NONE: .acknowledged, KT_EVIDENCE_READ_BACK: .readBack, KT_EVIDENCE_TIMESTAMP: .timestamp,
        KT_EVIDENCE_ACKNOWLEDGED: .acknowledged, KT_EVIDENCE_LAST_FOUR: .lastFour, KT_EVIDENCE_VERSION: .version,
    ]

    /// For pushers that say nothing.
    private static let words: [PushResult.Outcome: String] = [
        .ok: "the pusher says yes", .unchanged: "the pusher says that it is there already",
        .retryable: "failed for the moment",
        .rateLimited: "the service asks for a pause", .unauthorized: "the token is refused",
        .notFound: "the target is not there", .conflict: "the target is in a state that a person must settle",
        .invalidConfig: "the configuration cannot work", .cancelled: "cancelled", .timedOut: "no answer in time",
        .unsupported: "this pusher cannot do that", .internal: "a fault in the pusher",
    ]
}
