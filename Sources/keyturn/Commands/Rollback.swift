internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the old key active again, as long as it is not deleted.",
        discussion: """
            For when something that nobody knew of still uses the old key. Both keys then stay Active, and the targets keep \
            the new one, until `keyturn retry` begins the overlap anew. Find out first who uses the old key.
            """)

    @Option(help: ArgumentHelp("The user whose old key it is.", valueName: "user"), completion: Suggestions.users)
    var user: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workspace = try Workspace(options)
        let users = try workspace.select([user])
        let rotation = try workspace.readJournal().record(of: user)?.rotation
        guard let rotation, rotation.phase == .soak || rotation.phase == .overlap, rotation.previous != nil else {
            throw CommandFailure(
                .failed,
                "\(user) is in phase \(rotation?.phase.rawValue ?? "idle"): only a rotation in `soak` or `overlap` has an old "
                    + "key that can be kept")
        }
        try await Working(workspace).work(on: users, requests: [.rollback], isLive: false)
    }
}
