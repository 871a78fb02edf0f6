internal import ArgumentParser
internal import Configuration
internal import Rotation

struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells keyturn which of two unknown keys is in use.",
        discussion: """
            keyturn then accounts for both: the named one is what the targets hold, and the other one is retired like a \
            replaced key: it stays Active for the overlap, is Inactive for the soak, and is deleted. `keyturn rollback` \
            brings it back while it is Inactive.
            """)

    @Option(help: ArgumentHelp("The access key ID that is in use.", valueName: "keyid"))
    var current: String

    @OptionGroup var one: OneUser

    @OptionGroup var options: GlobalOptions

    private var user: String { one.user }

    func run() async throws {
        let workspace = try Workspace(options)
        try await RotationRun(workspace).work(
            on: try workspace.select([user]), requests: [.adopt(AccessKeyID(current))], isLive: false)
    }
}
