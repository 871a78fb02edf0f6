internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Push again now, and look at the targets now, whatever the schedule says.",
        discussion: """
            Pushes to every target that has not confirmed, tries again what else is blocked, such as a request that AWS has \
            refused, asks every other target which key it holds, and begins the overlap again after `keyturn rollback`. What has \
            drifted is pushed once more. Until a target has confirmed, `keyturn step` and `keyturn run` push to it every `retry`.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let workspace = try Workspace(options)
        let records = try await workspace.readJournal().records()
        // Of a user that keyturn has never rotated, there is nothing to try again.
        let users = try workspace.select(selection.users).filter { user in
            records[user.name].map { $0.rotation.number > 0 || $0.rotation.problem != nil } ?? false
        }
        try await RotationRun(workspace).work(on: users, requests: [.retry], isLive: false)
    }
}
