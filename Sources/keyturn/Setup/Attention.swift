internal import Rotation

/// What of a user needs a person, as an exit status: `status --exit-code`, and what `check` finds in the state.
enum Attention {
    static func status(of rotation: Rotation?) -> ExitStatus {
        guard let rotation else { return .done }
        let standing: ExitStatus = rotation.trouble == nil ? .done : RotationRun.standing(rotation)
        return rotation.leftTargets.isEmpty && drifts(rotation).isEmpty ? standing : standing.worse(.failed)
    }

    static func drifts(_ rotation: Rotation) -> [(target: TargetName, drift: Drift)] {
        rotation.deliveries.compactMap { target, delivery in delivery.drift.map { (target, $0) } }.sorted {
            $0.0 < $1.0
        }
    }

    /// What the state knows that needs a person.
    static func findings(_ user: String, _ rotation: Rotation) -> [Finding] {
        drifts(rotation).map { target, drift in
            Finding("target \(target)", .failed, "drift: \(rotation.sentence(on: drift, of: user))")
        }
            + rotation.leftTargets.map { target in
                Finding(
                    "target \(target)", .failed,
                    "it left the configuration and holds a key of \(user): put it back, or `keyturn forget \(target) --reason REASON`"
                )
            }
    }
}
