internal import ArgumentParser
internal import Operations

struct Adopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record which of two unknown keys is in use.",
        discussion: """
            keyturn then accounts for both: the named one is what the targets hold, and the other one is retired like a \
            replaced key: it stays Active for the overlap, is Inactive for the soak, and is deleted. `keyturn rollback` \
            brings it back while it is Inactive.
            """)

    @Option(help: ArgumentHelp("The access key ID that is in use.", valueName: "keyid"))
    var current: String

    @OptionGroup var one: OneUser

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Orders(OperationContext(options)).adopt(one.user, current: current).print(options)
    }
}
