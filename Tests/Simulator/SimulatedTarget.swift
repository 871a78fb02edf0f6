internal import Rotation

/// What a service shows of what it holds.
enum Visibility {
    /// The key ID.
    case readable
    /// When it was written.
    case timed
    /// Nothing.
    case blind
}

/// One place that holds a key pair, as it really is.
struct SimulatedTarget {
    let name: TargetName
    /// The key that it holds.
    var held: AccessKeyID?
    /// Whether it is in the configuration.
    var isConfigured = true
    /// Whether keyturn answers for what it holds: not from its removal or its skip on, until it has confirmed a key again.
    var isProtected = true
    /// What its service shows of it.
    let visibility: Visibility
    /// When it was last written, as its service says.
    var writtenAt: Timestamp?
    /// When keyturn last wrote it.
    var ownWriteAt: Timestamp?
    /// Since when it holds what someone else has put there; nil: it does not.
    var foreignSince: Timestamp?
    /// Until when it is down.
    var downUntil: Timestamp?
    /// By the machine's clock: until when it asked not to be bothered.
    var pausedUntil: Timestamp?
}

extension SimulatedTarget {
    /// Whether anybody who looks can see that it was changed behind keyturn's back.
    var showsForeign: Bool {
        switch visibility {
        case .readable: true
        case .timed:
            if let own = ownWriteAt, let foreignSince { foreignSince > own + .seconds(60) } else { false }
        case .blind: false
        }
    }

    /// What it says when it is asked which key it holds.
    var inspection: TargetInspection {
        switch visibility {
        case .readable: TargetInspection(held.map { .key($0) } ?? .nothing)
        case .timed: TargetInspection(.unreadable, changedAt: writtenAt)
        case .blind: TargetInspection(.unsupported)
        }
    }
}
