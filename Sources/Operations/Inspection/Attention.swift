internal import Rotation

/// What of a user needs a person.
extension Rotation {
    /// What targets show that they should not, by target.
    var drifts: [(target: TargetName, drift: Drift)] {
        deliveries.compactMap { target, delivery in delivery.drift.map { (target, $0) } }.sorted { $0.0 < $1.0 }
    }

    /// What the state knows that needs a person.
    func findings(of user: String) -> [Finding] {
        drifts.map { target, drift in
            Finding("target \(target)", .failed, "drift: \(sentence(on: drift, of: user))")
        }
            + leftTargets.map { target in
                Finding(
                    "target \(target)", .failed,
                    "it left the configuration and holds a key of \(user): put it back, or `keyturn forget \(target) --reason REASON`"
                )
            }
    }
}
