internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Skip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave a target out of the rotation that is in progress.",
        discussion: """
            The target keeps the old key, which stops working when the overlap ends. Only for targets that are gone or \
            that nobody uses any more. The reason is recorded. The next rotation tries the target again; one that is gone for \
            good is taken out of keyturn.yaml, and `keyturn forget` says that this is meant.
            """)

    @Argument(
        help: "The target's name, as `keyturn status` shows it: travis:acme/app.", completion: Suggestions.targets)
    var target: String

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserOption

    func run() async throws {
        let workspace = try Workspace(options)
        let records = try await workspace.readJournal().records()
        let users = try workspace.users(of: target, selection.users, records.mapValues(\.rotation))
        guard !users.contains(where: \.isOwn) else {
            throw CommandFailure(
                .notAllowed,
                "\(target) is where keyturn reads its own key: left out, keyturn would be left with a dead one. Fix what "
                    + "`keyturn status` says about it, then `keyturn retry`. Nothing was changed.")
        }
        try await RotationRun(workspace).work(
            on: users, requests: [.skip(TargetName(target), reason: reason)], isLive: false)
    }
}
