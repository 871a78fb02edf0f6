internal import ArgumentParser
internal import Configuration
internal import JSON
internal import Journal
internal import Rotation

struct Skip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leaves a target out of the rotation that is under way.",
        discussion: """
            The target keeps the old key, which stops working when the overlap ends. Only for targets that are gone or \
            that nobody uses any more. The reason is recorded. The next rotation tries the target again; one that is gone for \
            good is taken out of keyturn.yaml instead.
            """)

    @Argument(
        help: "The target's name, as `keyturn status` shows it: travis:acme/app.", completion: Suggestions.targets)
    var target: String

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let workspace = try Workspace(options)
        let name = TargetName(target)
        let records = try workspace.readJournal().records()
        let users = try workspace.select(selection.users).filter { user in
            let terms = Terms(policy: user.policy, targets: user.targets.map(\.name))
            return records[user.name]?.rotation.isSkippable(name, terms) ?? false
        }
        guard !users.isEmpty else {
            throw CommandFailure(.failed, refusal(try workspace.select(selection.users), records.mapValues(\.rotation)))
        }
        guard !users.contains(where: \.isOwn) else {
            throw CommandFailure(
                .notAllowed,
                "\(target) is where keyturn reads its own key: left out, keyturn would be left with a dead one. Mend what "
                    + "`keyturn status` says about it, then `keyturn retry`. Nothing was changed.")
        }
        try await Working(workspace).work(on: users, requests: [.skip(name, reason: reason)], isLive: false)
    }

    /// Why no rotation waits for the target.
    private func refusal(_ users: [ConfiguredUser], _ rotations: [String: Rotation]) -> String {
        let name = TargetName(target)
        let owner = users.first { user in
            user.targets.contains { $0.name == name } || rotations[user.name]?.deliveries[name] != nil
        }
        guard let owner else {
            let names = users.flatMap { $0.targets.map(\.name.rawValue) }
            let near = names.first { $0.hasSuffix(":\(target)") } ?? Spelling.nearest(to: target, among: names)
            let hint = near.map { "did you mean `\($0)`?" } ?? "`keyturn status` shows the names."
            return "there is no target `\(target)`; \(hint) Nothing was changed."
        }
        let rotation = rotations[owner.name]
        let state = rotation?.phase == .delivering ? rotation?.deliveries[name]?.state.rawValue : nil
        return "no rotation waits for \(target): "
            + (state.map { "it is \($0)" } ?? "\(owner.name) is in phase `\(rotation?.phase.rawValue ?? "idle")`")
            + ", and only a delivery that is not confirmed can be skipped. Nothing was changed."
    }
}
