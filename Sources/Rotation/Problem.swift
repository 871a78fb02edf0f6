/// Why a rotation does not go on.
public struct Problem: Hashable, Codable, Sendable {
    /// What kind of problem, for monitoring and exit statuses.
    public enum Code: String, Hashable, Codable, Sendable, CaseIterable {
        /// There is a key that keyturn cannot account for.
        case unaccountedKey = "unaccounted-key"
        /// The key that the targets hold is gone or not active.
        case currentKeyUnusable = "current-key-unusable"
        /// The key that the targets hold is gone from IAM; it is replaced once that is sure.
        case currentKeyGone = "current-key-gone"
        /// A target would refuse the new key, so none is made.
        case targetRefuses = "target-refuses"
        /// STS answers for someone else.
        case wrongIdentity = "wrong-identity"
        /// The new key is still not accepted.
        case notSpread = "not-spread"
        /// Too many creations without a key to show for it.
        case creationFails = "creation-fails"
        /// A target shows the old key, or may hold it, although it was pushed again.
        case drifted
        /// A target cannot say at the moment which key it holds.
        case targetUnreadable = "target-unreadable"
        /// The old key is still in use.
        case stillUsed = "still-used"
        /// A target that holds this user's key is no longer in the configuration.
        case targetLeft = "target-left"
        /// An operator has brought the old key back.
        case rolledBack = "rolled-back"
        /// The IAM user is not there.
        case noSuchUser = "no-such-user"
        /// Credentials or permissions.
        case denied
        /// The key that is to be retired is one that keyturn itself runs with.
        case ownKey = "own-key"
        /// AWS cannot be reached, or is not well.
        case unreachable
        /// AWS refused or failed an operation.
        case refused
    }

    /// What kind.
    public var code: Code
    /// One or two sentences: what is seen, and what to do.
    public var message: String
    /// Since when.
    public var since: Timestamp
    /// The pushers whose services are the reason, where those are: `github, gitlab`.
    public var pushers: String?

    /// Whether only a person can resolve it.
    public var needsPerson: Bool {
        switch code {
        case .unaccountedKey, .currentKeyUnusable, .wrongIdentity, .creationFails, .noSuchUser, .rolledBack,
            .drifted, .targetLeft, .ownKey:
            true
        case .currentKeyGone, .targetRefuses, .notSpread, .denied, .unreachable, .refused, .targetUnreadable,
            .stillUsed:
            false
        }
    }

    /// A problem seen at that time.
    public init(code: Code, message: String, since: Timestamp, pushers: String? = nil) {
        self.code = code
        self.message = message
        self.since = since
        self.pushers = pushers
    }
}
