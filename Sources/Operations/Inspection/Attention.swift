internal import Configuration
internal import Rotation

/// What of a user needs a person.
extension Rotation {
    /// What targets show that they should not, by target.
    var drifts: [(target: TargetName, drift: Drift)] {
        deliveries.compactMap { target, delivery in delivery.drift.map { (target, $0) } }.sorted { $0.0 < $1.0 }
    }

    /// A key that is too old, in a sentence; nil: none is.
    ///
    /// - Parameter saysWhy: whether with the problem that it has led to.
    func sentenceOnAge(at now: Timestamp, policy: Policy, saysWhy: Bool = true) -> String? {
        guard let maxAge = policy.maxAge, let old = overAge(at: now, policy: policy) else { return nil }
        let reason = saysWhy ? trouble.map { ": \($0)" } ?? "; no rotation has replaced it yet" : ""
        return
            "\(old.key) is Active, and older than max-age (\(DurationText.text(maxAge))) since \(Moment.text(old.since))\(reason)"
    }

    /// What the state knows that needs a person.
    func findings(of user: String, at now: Timestamp, policy: Policy) -> [Finding] {
        drifts.map { target, drift in
            Finding("target \(target)", .failed, "drift: \(sentence(on: drift, of: user))")
        }
            + (sentenceOnAge(at: now, policy: policy).map { [Finding("user \(user)", .failed, $0.naming(user))] } ?? [])
            + leftTargets.map { target in
                Finding(
                    "target \(target)", .failed,
                    "it left the configuration and holds a key of \(user): put it back, or `keyturn forget \(target) --reason REASON`"
                )
            }
    }
}
