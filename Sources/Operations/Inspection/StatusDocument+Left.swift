internal import Configuration
internal import Journal
internal import Rotation

/// Users that the configuration does not name any more, or names otherwise now, in the middle of a rotation.
extension StatusDocument {
    /// Those of the state; one whose rotation is over holds nothing up, and `keyturn check` reports it.
    ///
    /// - Parameter configured: the users of the configuration, and those that `discover` found last.
    static func left(_ records: [String: JournalRecord], _ configured: [String], at now: Timestamp) -> [User] {
        let rotations = records.filter { !configured.contains($0.key) }.mapValues(\.rotation)
        return rotations.filter { $0.value.phase != .idle || $0.value.hasLeak }.sorted { $0.key < $1.key }.map {
            User(left: $0.key, $0.value, at: now)
        }
    }
}

extension StatusDocument.User {
    /// The problem of a user that left: not one of the rotation's own, which no one works on.
    static let leftCode = "user-left"

    fileprivate init(left name: String, _ rotation: Rotation, at now: Timestamp) {
        let active = [rotation.current, rotation.next, rotation.previous].compactMap { $0 }
            .filter { $0.status == .active }.map(\.id.rawValue)
        let open =
            rotation.phase == .idle ? "a leaked key of it is not dead" : "its rotation \(rotation.number) is not over"
        let fate =
            active.isEmpty
            ? "no key of it is Active"
            : "\(active.joined(separator: " and ")) \(active.count == 1 ? "stays" : "stay") Active"
        self.init(
            user: name, phase: rotation.phase.rawValue, rotation: rotation.number,
            keys: Self.keys(rotation),
            deliveries: rotation.deliveries.sorted { $0.key < $1.key }.map { target, delivery in
                .init(
                    target: target.rawValue, state: delivery.state.rawValue, evidence: delivery.evidence?.rawValue,
                    attempts: delivery.attempts, at: delivery.at.map(Moment.text), detail: delivery.detail,
                    mayBeTorn: delivery.mayBeTorn)
            },
            next: .init(action: Due.Action.blocked.rawValue, due: nil),
            problem:
                "\(name) is not in the configuration, and \(open): nothing is done about "
                + "it, and \(fate). "
                + "Put it back into `users` under this name (a new name in IAM goes into its `user-name`); or, if it is to be "
                + "rotated no more, `keyturn forget \(name) --reason REASON`, which changes nothing in AWS.",
            problemCode: Self.leftCode, problemSince: nil, lastUsed: nil, overAge: nil, leaks: rotation.leakedKeys,
            outage: nil, overdue: .zero, configuredTargets: 0)
    }
}
