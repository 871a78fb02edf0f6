internal import ArgumentParser
internal import Operations

struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that a target or a user that left the configuration no longer matters.",
        discussion: """
            A target that is taken out of keyturn.yaml still holds the key that was delivered there. Until it is forgotten, no \
            rotation of its user begins, and one that is in progress does not touch the old key. Forget it once nothing there \
            needs the key: the next rotation leaves it with a dead one. A user that is taken out keeps its keys as they are; \
            forgetting it removes what keyturn knows of it, and changes nothing in AWS. The reason is recorded. \
            `forget: [{ target, reason }]` in keyturn.yaml does the same for targets.
            """)

    @Argument(help: "The target's name, as `keyturn status` shows it, or the user's.")
    var name: String

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserOption

    func run() async throws {
        switch try await Orders(OperationContext(options)).forget(name, reason: reason, of: selection.users) {
        case .target(let report): try report.print(options)
        case .user(let name): if options.json { try JSONOutput.print(["forgotten": name]) }
        }
    }
}
