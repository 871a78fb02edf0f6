internal import ArgumentParser
internal import Operations

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is next for every user, when, and why. Changes nothing.",
        discussion: """
            IAM is asked for the access keys of users that keyturn has not looked at yet, or whose rotation is due. Where the \
            configuration has `discover`, AWS is asked for those users, and FROM shows which entry found each. Targets are not asked: \
            `keyturn check --online` does that.
            """)

    @Flag(help: "Do not ask IAM for keys: use what the state has.")
    var offline = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        try await RotationPlan(OperationContext(options), selection.users, asksIAM: !offline).print(
            options, whenEmpty: { "\($0) has no users yet." })
    }
}

extension RotationPlan {
    /// Prints the plan, and throws the exit status unless it is 0.
    ///
    /// - Parameter whenEmpty: the sentence for a plan without users, given the configuration's path.
    func print(_ options: GlobalOptions, whenEmpty: (String) -> String) throws {
        if options.json { try JSONOutput.print(["plan": steps]) } else { write(Terminal(options), whenEmpty) }
        try FinishedWith.check(status)
    }

    private func write(_ terminal: Terminal, _ whenEmpty: (String) -> String) {
        if steps.isEmpty { return terminal.write("\(whenEmpty(file))\n") }
        var table = Table(header: ["USER", "NEXT", "WHEN", "TARGETS"] + (discovers ? ["FROM"] : []) + ["WHY"])
        table.rows = steps.map { step in
            let slow = step.fanOut > .zero ? " (at least \(Moment.text(step.fanOut)))" : ""
            return [step.user, step.action, step.isDue ? "now" : step.due ?? "", "\(step.targets)\(slow)"]
                + (discovers ? [step.from] : []) + [step.why]
        }
        terminal.write(table.text(terminal))
    }
}
