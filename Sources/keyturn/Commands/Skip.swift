internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Skip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leaves a target out of the rotation that is under way.",
        discussion: """
            The target keeps the old key, which stops working when the overlap ends. Only for targets that are gone or \
            that nobody uses any more. The reason is recorded.
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
            throw CommandFailure(
                .failed,
                "no rotation under way waits for a target `\(target)`; `keyturn status` shows the targets' names")
        }
        try await Working(workspace).work(on: users, requests: [.skip(name, reason: reason)], isLive: false)
    }
}
