/// Before a key is made: would its targets take it?
///
/// A rotation that begins while a target refuses for good would hold two keys for as long as that lasts, and a person has to
/// settle it in any case. A passing fault keeps no rotation from beginning: deliveries are tried again anyway.
extension Rotation {
    /// Whether the targets are yet to be asked.
    func needsPreflight(_ requirements: UserRequirements) -> Bool {
        // A leak does not wait: whatever target takes the new key is one less in danger.
        requirements.policy.preflight && !hasLeak && !unchecked(requirements).isEmpty
    }

    /// Whether targets that refused are to be asked once more in a moment.
    public var isAskingAgain: Bool {
        switch phase {
        case .idle: inPhase.isPreflight && inPhase.preflightTries > 0
        case .overlap, .soak: problem == nil && failures > 0
        case .creating, .verifying, .delivering, .deleting: false
        }
    }

    func wantedForPreflight(_ requirements: UserRequirements) -> [Effect] { unchecked(requirements).map { .check($0) } }

    private func unchecked(_ requirements: UserRequirements) -> [TargetName] {
        requirements.targets.filter { inPhase.checks[$0] == nil }
    }

    /// One target has answered; the last one decides.
    mutating func checked(
        _ target: TargetName, _ refusal: String?, _ now: Timestamp, _ requirements: UserRequirements,
        _ transition: inout Transition
    ) {
        guard phase == .idle, inPhase.isPreflight else { return }
        inPhase.checks[target] = .some(refusal)
        guard unchecked(requirements).isEmpty else { return }
        let refusals = inPhase.checks.compactMap { name, refusal in refusal.map { (name, $0) } }.sorted { $0.0 < $1.0 }
        let others = refusals.dropFirst().map(\.0)
        inPhase.preflightTries += 1
        if let first = refusals.first, inPhase.preflightTries < IAMTimes.preflightTries,
            problem?.code != .targetRefuses
        {
            // A token that is refused once, or a web page in between, is not a target that refuses.
            for (name, _) in refusals { inPhase.checks[name] = nil }
            retryAt = now + IAMTimes.preflightWait
            preflightRefusal = Problem(
                code: .targetRefuses,
                message: "The rotation could not begin yet: "
                    + "\(Self.sentence(onRefusal: first, others, of: requirements.targets.count)) keyturn asks again by "
                    + "itself. Fix the target; if keyturn has given up by then, `keyturn retry USER` asks again.",
                since: preflightRefusal?.since ?? now, pushers: Self.pushers(refusals.map(\.0)))
            return
        }
        inPhase.isPreflight = false
        inPhase.preflightTries = 0
        preflightRefusal = nil
        guard let first = refusals.first else {
            if problem?.code == .targetRefuses { problem = nil }
            return
        }
        inPhase.checks = [:]
        retryAt = now + requirements.policy.retry
        let users = current.map { "\($0.id) stays in use" } ?? "No key was made"
        block(
            .targetRefuses,
            "The rotation does not begin: \(Self.sentence(onRefusal: first, others, of: requirements.targets.count)) "
                + "\(users). Fix that, and `keyturn retry USER` asks again at once; or take the target out of the configuration, and "
                + "`keyturn forget` it.",
            pushers: Self.pushers(refusals.map(\.0)), now, &transition)
    }

    private static func sentence(
        onRefusal first: (target: TargetName, reason: String), _ others: [TargetName], of total: Int
    ) -> String {
        let text = "\(portion(others.count + 1, of: total)) would not take a new key: \(first.target): \(first.reason)"
        return (text.hasSuffix(".") || text.hasSuffix("?") ? text : text + ".") + sentence(onOthers: others)
    }

    /// The names of the targets that refused as well: two of them, as a sentence has to be read.
    private static func sentence(onOthers others: [TargetName]) -> String {
        guard !others.isEmpty else { return "" }
        return " The other\(others.count > 1 ? "s" : ""): \(listed(others.map(\.rawValue), most: 2))."
    }

    private static func pushers(_ targets: [TargetName]) -> String {
        Set(targets.map(\.pusher)).sorted().joined(separator: ", ")
    }
}
