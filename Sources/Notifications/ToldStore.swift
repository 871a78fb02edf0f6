public import Rotation

/// What the notifier needs of the state.
public protocol ToldStore: Sendable {
    /// What was sent to one destination, by user.
    func told(at destination: String) async throws -> [String: NotificationState]
    /// Writes what was sent to one destination.
    func write(_ told: [String: NotificationState], at destination: String) async throws
    /// Every user's rotation.
    func rotations() async throws -> [String: Rotation]
}
