internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import PusherHost
internal import Rotation

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells for every user what is next, when, and why. Changes nothing.",
        discussion: """
            Where the configuration has `discover`, AWS is asked for those users, and FROM tells which entry found each; the \
            others stand in `users`. Nothing else is asked of AWS or the targets.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        var workspace = try Workspace(options)
        let status = try await workspace.discover(EventLog(options), remembers: false)
        let now = SystemClock().now
        let records = try await workspace.readJournal().records()
        let steps = try workspace.select(selection.users).map { user in
            var step = PlannedStep(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
            step.fanOut = fanOut(user, workspace)
            return step
        }
        if options.json { try JSONOutput.print(["plan": steps]) } else { tell(steps, workspace) }
        if status != .done { throw FinishedWith(status: status) }
    }

    private func tell(_ steps: [PlannedStep], _ workspace: Workspace) {
        let terminal = Terminal(options)
        if steps.isEmpty { return terminal.write("\(workspace.configuration.file) has no users yet.\n") }
        let discovers = !workspace.configuration.discover.isEmpty
        var table = Table(header: ["USER", "NEXT", "WHEN", "TARGETS"] + (discovers ? ["FROM"] : []) + ["WHY"])
        table.rows = steps.map { step in
            let slow = step.fanOut > .zero ? " (at least \(DurationText.text(step.fanOut)))" : ""
            return [step.user, step.action, step.isDue ? "now" : step.due, "\(step.targets)\(slow)"]
                + (discovers ? [step.from] : []) + [step.why]
        }
        terminal.write(table.text(terminal))
    }

    /// How long pushing to all targets takes at least, by the services' rate limits.
    private func fanOut(_ user: ConfiguredUser, _ workspace: Workspace) -> Duration {
        let counts = Dictionary(grouping: user.targets, by: \.pusher).mapValues(\.count)
        return workspace.pushers.compactMap { pusher in
            counts[pusher.name].flatMap { workspace.pace(of: pusher)?.shortestTime(ofPushes: $0) }
        }.max() ?? .zero
    }
}

/// What is next for one user.
struct PlannedStep: Encodable {
    var user: String
    var action: String
    var due: String
    var isDue: Bool
    var targets: Int
    var why: String
    /// `users`, or the entry of `discover` that found it.
    var from: String
    /// How long pushing takes at least.
    var fanOut = Duration.zero

    enum CodingKeys: String, CodingKey {
        case user, action, due, targets, why, from
        case isDue = "is-due"
        case fanOut = "fan-out-seconds"
    }

    func encode(to encoder: any Encoder) throws {
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
        due = Moment.text(next.at)
        isDue = next.at <= now
        targets = user.targets.count
        from = user.origin ?? "users"
        why = rotation.trouble ?? Self.reason(rotation, user.policy) + Self.freeze(rotation, user.policy, next, now)
    }

    /// A word about a freeze that a rotation waits for.
    private static func freeze(_ rotation: Rotation, _ policy: Policy, _ next: Due, _ now: Timestamp) -> String {
        guard rotation.phase == .idle, next.action == .rotate, let current = rotation.current else { return "" }
        let old = current.created + policy.rotateEvery
        return next.at > max(old, now) ? "; `freeze` lets it begin \(Moment.text(next.at))" : ""
    }

    private static func reason(_ rotation: Rotation, _ policy: Policy) -> String {
        let previous = rotation.previous?.id.rawValue ?? "the old key"
        switch rotation.phase {
        case .idle where rotation.isUnobserved: return "keyturn has not looked at this user yet"
        case .idle where rotation.isRequested: return "an operator asked for it"
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
