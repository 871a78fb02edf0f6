/// The state of a user's rotation. Rotations only ever roll forward through these, or hold.
public enum Phase: String, Hashable, Codable, Sendable, CaseIterable {
    /// Idle: one key, or none yet.
    case idle
    /// A new key is being made; it counts once the sealed pair is in the journal.
    case creating
    /// Waits until IAM has spread the new key, and checks whose it is.
    case verifying
    /// The new pair goes to every target.
    case delivering
    /// Both keys are active, so that running jobs finish.
    case overlap
    /// The old key is Inactive and can be brought back.
    case soak
    /// The old key is being deleted.
    case deleting
}
