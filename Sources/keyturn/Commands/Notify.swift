internal import ArgumentParser
internal import Operations

struct Notify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a test message to every receiver of `notifications` and `notify`.",
        discussion: """
            Tries secrets, addresses and signatures before something happens at night. The message has the event `test`, whatever \
            a receiver's `on` says; PagerDuty gets an incident that is resolved at once. Exit status 69: one of them did not take it.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try FindingsOutput.print(try await TestMessage(OperationContext(options)).send(), options)
    }
}
