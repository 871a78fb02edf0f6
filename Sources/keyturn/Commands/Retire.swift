internal import ArgumentParser
internal import Operations

struct Retire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deactivate the old key although it is still used or a target cannot be read.",
        discussion: """
            For a user whose overlap is over and whose old key stays Active, because IAM says that it is still in use \
            (`still-used`), because IAM refuses to say, or because a target cannot be asked which key it holds \
            (`target-unreadable`). The reason is recorded. A target that shows the old key is not overridden: that takes \
            `keyturn skip`. During the soak `keyturn rollback` makes the key Active again.
            """)

    @OptionGroup var one: OneUser

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Orders(OperationContext(options)).retire(one.user, reason: reason).print(options)
    }
}
