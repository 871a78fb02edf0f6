internal import Configuration
internal import Engine
internal import Journal
internal import PusherHost
internal import Rotation

/// What is next for every user, when, and why. Changes nothing.
package struct RotationPlan: Sendable {
    /// The configuration.
    package var file: String
    package var steps: [PlannedStep]
    /// Whether the configuration looks for users.
    package var discovers: Bool
    /// What looking for users led to.
    package var status: ExitStatus

    /// - Parameter names: of users; none: all.
    package init(_ context: OperationContext, _ names: [String]) async throws {
        var (loaded, state) = try await LoadedConfiguration.recalled(context, for: .looking)
        status = try await loaded.discover(keptIn: nil)
        let now = SystemClock().now
        let records = try await state.records()
        steps = try loaded.select(names).map { user in
            var step = PlannedStep(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
            step.fanOut = Self.fanOut(user, loaded)
            return step
        }
        file = loaded.file
        discovers = !loaded.configuration.discover.isEmpty
    }

    /// How long pushing to all targets takes at least, by the services' rate limits.
    private static func fanOut(_ user: ConfiguredUser, _ loaded: LoadedConfiguration) -> Duration {
        let counts = Dictionary(grouping: user.targets, by: \.pusher).mapValues(\.count)
        return loaded.pushers.compactMap { pusher in
            counts[pusher.name].flatMap { loaded.pace(of: pusher)?.shortestTime(ofPushes: $0) }
        }.max() ?? .zero
    }
}

/// What is next for one user.
package struct PlannedStep: Encodable, Sendable {
    package var user: String
    package var action: String
    /// nil: it waits for a person.
    package var due: String?
    package var isDue: Bool
    package var targets: Int
    package var why: String
    /// `users`, or the entry of `discover` that found it.
    package var from: String
    /// How long pushing takes at least.
    package var fanOut = Duration.zero

    private enum CodingKeys: String, CodingKey {
        case user, action, due, targets, why, from
        case isDue = "is-due"
        case fanOut = "fan-out-seconds"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(user, forKey: .user)
        try container.encode(action, forKey: .action)
        try container.encode(due, forKey: .due)
        try container.encode(isDue, forKey: .isDue)
        try container.encode(targets, forKey: .targets)
        try container.encode(fanOut.components.seconds, forKey: .fanOut)
        try container.encode(why, forKey: .why)
        try container.encode(from, forKey: .from)
    }

    init(_ user: ConfiguredUser, _ rotation: Rotation, at now: Timestamp) {
        let next = rotation.due(at: now, policy: user.policy)
        self.user = user.name
        action = next.action.rawValue
        due = next.action.waitsForPerson ? nil : Moment.text(next.at)
        isDue = next.at <= now
        targets = user.targets.count
        from = user.origin ?? "users"
        why = (rotation.trouble ?? Self.reason(rotation, user.policy) + Self.freeze(rotation, user.policy, now))
            .naming(user.name)
    }

    /// A word about a freeze that a rotation waits for.
    private static func freeze(_ rotation: Rotation, _ policy: Policy, _ now: Timestamp) -> String {
        let beginning = rotation.beginningAfterFreeze(at: now, policy: policy)
        return beginning.map { "; `freeze` lets it begin \(Moment.text($0))" } ?? ""
    }

    private static func reason(_ rotation: Rotation, _ policy: Policy) -> String {
        let previous = rotation.previous?.id.rawValue ?? "the old key"
        switch rotation.phase {
        case .idle where rotation.isUnobserved: return "keyturn has not looked at this user yet"
        case .idle where rotation.isRequested: return "an operator asked for it"
        case .idle where rotation.awaitsFirstOrder(policy):
            return "keyturn has never rotated this user: `keyturn rotate USER` begins"
        case .idle:
            guard let current = rotation.current else { return "the user has no key" }
            return
                "\(current.id) was created \(Moment.text(current.created)), and rotate-every is \(DurationText.text(policy.rotateEvery))"
        case .creating: return "a new key is being made"
        case .verifying: return "IAM has to spread the new key"
        case .delivering: return "not every target has confirmed the new key"
        case .overlap: return "\(previous) stays active for an overlap of \(DurationText.text(policy.overlap))"
        case .soak: return "\(previous) is Inactive for a soak of \(DurationText.text(policy.soak))"
        case .deleting: return "\(previous) is replaced, and its soak is over"
        }
    }
}
