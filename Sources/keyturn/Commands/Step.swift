internal import ArgumentParser
internal import Operations

struct Step: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do what is due now, then exit: for cron, timers and serverless.",
        discussion: """
            For each user whose next action is due: do it, and what follows from it without a long wait. Targets that \
            have not confirmed are pushed again, with the same key. What was done is logged to stderr, and the state of the \
            users is printed. Users of `discover` are looked for first. Exit status 75: something is not finished, such as a delivery; run `keyturn step` again.
            """)

    @Flag(help: "Show what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        guard !dryRun else {
            return try await RotationPlan(OperationContext(options), selection.users, for: .step, asksIAM: true).print(
                options, whenEmpty: { _ in "Nothing is due." })
        }
        var rotations = try await Rotations(OperationContext(options), isTimed: timing.timings)
        try await rotations.step(selection.users).print(options)
    }
}
