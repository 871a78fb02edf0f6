internal import ArgumentParser
internal import Operations

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a whole rotation on built-in stand-ins for AWS and three CI systems.",
        discussion: """
            No account, no network, no configuration: the stand-ins run on loopback for as long as the demo does, and the \
            files are in a temporary directory that is removed at the end. What rotates is the real program, with the real \
            pushers.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let demonstration = try Demonstration(OperationContext(options))
        defer { demonstration.end() }
        let terminal = Terminal(options)
        if !options.json {
            terminal.write(
                """
                Stand-ins for AWS, Travis CI, GitLab CI and GitHub Actions run on loopback.
                The key of the IAM user cicd-bot is used in one repository of each. It is
                rotated now, by the real program with its real pushers.


                """
            )
        }
        let summary = try await demonstration.rotate(display: LiveView.wanted(options))
        if options.json { try JSONOutput.print(summary) } else { terminal.write(summary.text(terminal)) }
        guard summary.isComplete else {
            throw OperationFailure(
                .failed, "the demo's rotation is not complete: \(summary.trouble ?? "see above")")
        }
    }
}

extension DemoSummary {
    fileprivate func text(_ terminal: Terminal) -> String {
        func list(_ keys: [Key]) -> String {
            keys.map { "  \($0.id)  \($0.status)  created \($0.created)" }.joined(separator: "\n")
        }
        return """

            \(terminal.styled("Keys before", .bold))
            \(list(before))
            \(terminal.styled("Keys after", .bold))
            \(list(after))
            \(terminal.styled("Deliveries", .bold))
            \(deliveries.map { "  \($0.target)  \($0.state) (\($0.evidence ?? "no evidence"))" }.joined(separator: "\n"))

            The old key was deactivated only after all three had confirmed, and was deleted after its soak.
            Next: `keyturn init` writes a configuration for your own users; the README goes on from there.

            """
    }
}
