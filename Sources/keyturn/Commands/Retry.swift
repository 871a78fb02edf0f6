internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pushes again now to every target that has not confirmed, whatever the schedule says.",
        discussion: """
            Also tries again what else is blocked, such as a request that AWS has refused, and begins the overlap anew after \
            `keyturn rollback`. Until a target has confirmed, `keyturn step` and `keyturn run` push to it every `retry`.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let workspace = try Workspace(options)
        let records = try workspace.readJournal().records()
        let users = try workspace.select(selection.users).filter { user in
            guard let rotation = records[user.name]?.rotation else { return false }
            return rotation.phase == .delivering || rotation.problem != nil
        }
        try await Working(workspace).work(on: users, requests: [.retry], isLive: false)
    }
}
