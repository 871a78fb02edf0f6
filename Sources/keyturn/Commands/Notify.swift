internal import ArgumentParser
internal import Operations

struct Notify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a test message to every destination of `notifications`.",
        discussion: """
            Checks secrets, addresses and signatures before they are needed. The message has the event `test`, whatever \
            a destination's `on` says. Exit status 69: one of them did not take it.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try FindingsOutput.print(try await TestMessage(OperationContext(options)).send(), options)
    }
}
