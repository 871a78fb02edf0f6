/// Something about one user that people want to know.
public struct NotificationEvent: Hashable, Sendable {
    /// What they can choose among.
    public enum Occasion: String, Hashable, Codable, Sendable, CaseIterable {
        /// The user needs a person, or targets have not confirmed for some time.
        case blocked
        /// What was reported as blocked, drift or over age is over.
        case recovered
        /// A target shows another key, or a later write, than was confirmed there.
        case drift
        /// An Active key has passed `max-age`.
        case overAge = "over-age"
        /// Every target has confirmed the new key: the overlap begins.
        case delivered
        /// A rotation is complete: the old key is deleted.
        case completed
        /// A key that an operator declared leaked is dead: Inactive or deleted.
        case revoked
        /// A changed configuration cannot be used: keyturn goes on with the one before.
        case configuration
    }

    /// What.
    public var occasion: Occasion
    /// In which rotation.
    public var rotation: Int
    /// The kind of problem, for `blocked` and `recovered`.
    public var problem: String?
    /// Since when there is that problem, for `blocked`.
    public var since: Timestamp?
    /// The key that it is about: the new one for `completed`, the leaked one for `revoked`.
    public var key: AccessKeyID?
    /// The problem in one or two sentences, for `blocked`.
    public var message: String?
    /// What is over, for `recovered`.
    public var ended: Occasion?
    /// What it comes from, where that can be the same for many users.
    public var cause: Cause?

    /// News.
    public init(
        occasion: Occasion, rotation: Int, problem: String? = nil, since: Timestamp? = nil, key: AccessKeyID? = nil,
        message: String? = nil, ended: Occasion? = nil, cause: Cause? = nil
    ) {
        (self.occasion, self.rotation, self.problem) = (occasion, rotation, problem)
        (self.since, self.key, self.message) = (since, key, message)
        (self.ended, self.cause) = (ended, cause)
    }
}
