internal import Engine
package import Rotation

/// One user's rotation at one moment, for whoever shows it.
package struct RotationSnapshot: Sendable {
    package var user: String
    package var at: Timestamp
    package var rotation: Rotation
    /// When the next step is due.
    package var due: Timestamp

    init(_ progress: RotationProgress) {
        (user, at, rotation) = (progress.user, progress.at, progress.rotation)
        due = progress.rotation.due(at: progress.at, policy: progress.policy).at
    }
}

/// Shows work as it goes on, in place of the log.
package protocol RotationDisplay: Sendable {
    /// Work begins.
    func begin()
    /// Something changed; from any thread.
    func show(_ snapshot: RotationSnapshot)
    /// What has to be written while work goes on, above what is shown.
    func showing(_ write: () -> Void)
    /// Work is over: what is written after this stays below.
    func end()
}
