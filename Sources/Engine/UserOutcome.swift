public import Journal
public import Rotation

/// How the work on one user ended.
public struct UserOutcome: Sendable {
    /// Why it ended.
    public enum End: Hashable, Sendable {
        /// Nothing more is due now.
        case rested
        /// Another process is at work on the user.
        case busy(JournalError)
        /// The journal could not be written.
        case journalFailed(String)
        /// The process is to stop.
        case stopped
    }

    /// The user's name in the configuration.
    public var user: String
    /// The rotation as it was left; nil: it was never taken up.
    public var rotation: Rotation?
    /// Why it ended.
    public var end: End
    /// Orders that could not be carried out.
    public var refusals: [OrderRefusal] = []

    /// Whether another process is at work on the user.
    public var isBusy: Bool { if case .busy = end { true } else { false } }
}

/// What the engine reports while it works.
public struct RotationProgress: Sendable {
    /// The user's name in the configuration.
    public var user: String
    /// When.
    public var at: Timestamp
    /// What happened, as it was journalled.
    public var notes: [HistoryEvent]
    /// The rotation after that.
    public var rotation: Rotation
    /// The user's times, to say what comes next.
    public var policy: Policy
}

/// How far the work on a user is to go.
public enum Extent: Sendable {
    /// What is due now; short waits, such as those for IAM to spread a key, are waited for.
    case due
    /// The same, by a process that stays up: a half-written pair is tried for longer, since nothing else waits for its end.
    case dueWhileUp
    /// To the end of the rotation, overlap and soak included.
    case wholeRotation
    /// Until no leaked key is left, without waiting for the overlap and soak of another one.
    case leaks
    /// The same, however long the targets take.
    case wholeLeak
}
