internal import ArgumentParser
internal import Operations

struct Skip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave a target out of the rotation that is in progress.",
        discussion: """
            The target keeps the old key, which stops working when the overlap ends. Only for targets that can do without a \
            key until the next rotation: they cannot be reached today, are gone, or are not used any more. The reason is recorded. \
            The next rotation tries the target again; one that is gone for good is taken out of keyturn.yaml, and `keyturn forget` \
            says that this is meant.
            """)

    @Argument(
        help: "The target's name, as `keyturn status` shows it: travis:acme/app.", completion: Suggestions.targets)
    var target: String

    @Option(help: "Why; it is recorded in the history.")
    var reason: String

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserOption

    func run() async throws {
        try await Orders(OperationContext(options)).skip(target, reason: reason, of: selection.users).print(options)
    }
}
