internal import ArgumentParser
internal import Engine
internal import Rotation

struct Step: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Does what is due now, then ends: for cron, timers and serverless.",
        discussion: """
            For each user whose next action is due: the action, and what follows from it without a long wait. Targets that \
            have not confirmed are pushed again, with the same key. What was done is logged to stderr, where things stand \
            is printed. Users of `discover` are looked for first. Exit status 75: something is not finished, such as a delivery; run `keyturn step` again.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        let timings = timing.timings ? Timings() : nil
        let reading = timings?.begin("configuration and plugins")
        var workspace = try Workspace(options)
        reading?()
        let status = try await workspace.discover(EventLog(options), remembers: true)
        try await RotationRun(workspace, timings: timings).work(
            on: try workspace.select(selection.users), isLive: false, after: status)
    }
}
