internal import ArgumentParser
internal import Operations

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Push again now, and look at the targets now, whatever the schedule says.",
        discussion: """
            Pushes to every target that has not confirmed, tries again what else is blocked, such as a request that AWS has \
            refused, asks every other target which key it holds, and begins the overlap again after `keyturn rollback`. What has \
            drifted is pushed once more. Until a target has confirmed, `keyturn step` and `keyturn run` push to it every `retry`.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await Orders(OperationContext(options)).retry(
            selection.users, toTheEnd: waiting.wait, timeout: waiting.limit,
            display: waiting.wait ? LiveView.wanted(options) : nil
        ).print(options)
    }
}
