internal import ArgumentParser
internal import Configuration
internal import Rotation

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the old key active again, as long as it is not deleted.",
        discussion: """
            In the phases `overlap` and `soak`, which `keyturn status` shows: for when something that nobody knew of still uses \
            the old key. Both keys then stay Active, and the targets keep \
            the new one, until `keyturn retry` begins the overlap anew. Find out first who uses the old key.
            """)

    @OptionGroup var one: OneUser

    @OptionGroup var options: GlobalOptions

    private var user: String { one.user }

    func run() async throws {
        let workspace = try Workspace(options)
        let users = try workspace.select([user])
        try await RotationRun(workspace).work(on: users, requests: [.rollback], isLive: false)
    }
}
