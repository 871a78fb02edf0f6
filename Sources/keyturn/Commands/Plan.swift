internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells for every user what is next, when, and why. Changes nothing.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() throws {
        let workspace = try Workspace(options)
        let now = SystemClock().now
        let records = try workspace.readJournal().records()
        let steps = try workspace.select(selection.users).map { user in
            PlannedStep(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
        }
        if options.json { return try JSONOutput.print(["plan": steps]) }
        let terminal = Terminal(options)
        if steps.isEmpty { return terminal.write("\(workspace.configuration.file) has no users yet.\n") }
        var table = Table(header: ["USER", "NEXT", "WHEN", "TARGETS", "WHY"])
        table.rows = steps.map { [$0.user, $0.action, $0.isDue ? "now" : $0.due, "\($0.targets)", $0.why] }
        terminal.write(table.text(terminal))
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

    enum CodingKeys: String, CodingKey {
        case user, action, due, targets, why
        case isDue = "is-due"
    }

    init(_ user: ConfiguredUser, _ rotation: Rotation, at now: Timestamp) {
        let next = rotation.due(at: now, policy: user.policy)
        self.user = user.name
        action = next.action.rawValue
        due = Moment.text(next.at)
        isDue = next.at <= now
        targets = user.targets.count
        why = rotation.trouble ?? Self.reason(rotation, user.policy)
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
