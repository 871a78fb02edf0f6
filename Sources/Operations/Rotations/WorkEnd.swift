internal import Configuration
internal import Engine
internal import Rotation

/// When work has to have ended, since the process ends then, or is stopped without a word.
struct WorkEnd: Sendable {
    /// After this nothing is begun.
    var lastBeginning: Timestamp
    /// For so long after that, what is in progress is waited for: the longest push that may have begun right before.
    var patience: Duration
    /// What the log says then.
    var words: String
}

extension WorkEnd {
    /// Beyond overlap and soak: for targets that confirm late, and an old key that is still in use.
    private static let reserve: Duration = .seconds(3_600)

    /// The end of `--wait`.
    ///
    /// - Parameters:
    ///   - users: whose rotations are waited for.
    ///   - timeout: nil: the longest overlap and soak of these users, and an hour more.
    init(waitingFor users: [ConfiguredUser], _ timeout: Duration?, _ now: Timestamp) {
        let longest = users.map { $0.policy.overlap + $0.policy.soak }.max() ?? .zero
        let timeout = timeout ?? longest + Self.reserve
        self.init(
            lastBeginning: now + timeout, patience: Engine.stopPatience,
            words:
                "--wait ends after \(DurationText.text(timeout)): nothing more is begun. `keyturn step` or `keyturn run` continues, "
                + "and `keyturn status` shows what is left")
    }
}
