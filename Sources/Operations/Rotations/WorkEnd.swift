internal import Rotation

/// When work has to have ended, since the process ends then, or is stopped without a word.
struct WorkEnd: Sendable {
    /// After this nothing is begun.
    var lastBeginning: Timestamp
    /// For so long after that, what is in progress is waited for: the longest push that may have begun right before.
    var patience: Duration
}
