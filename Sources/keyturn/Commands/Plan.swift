internal import ArgumentParser
internal import Operations

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells for every user what is next, when, and why. Changes nothing.",
        discussion: """
            Where the configuration has `discover`, AWS is asked for those users, and FROM tells which entry found each; the \
            others stand in `users`. Nothing else is asked of AWS or the targets.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let plan = try await RotationPlan(OperationContext(options), selection.users)
        if options.json { try JSONOutput.print(["plan": plan.steps]) } else { print(plan) }
        try FinishedWith.check(plan.status)
    }

    private func print(_ plan: RotationPlan) {
        let terminal = Terminal(options)
        if plan.steps.isEmpty { return terminal.write("\(plan.file) has no users yet.\n") }
        var table = Table(header: ["USER", "NEXT", "WHEN", "TARGETS"] + (plan.discovers ? ["FROM"] : []) + ["WHY"])
        table.rows = plan.steps.map { step in
            let slow = step.fanOut > .zero ? " (at least \(Moment.text(step.fanOut)))" : ""
            return [step.user, step.action, step.isDue ? "now" : step.due ?? "", "\(step.targets)\(slow)"]
                + (plan.discovers ? [step.from] : []) + [step.why]
        }
        terminal.write(table.text(terminal))
    }
}
