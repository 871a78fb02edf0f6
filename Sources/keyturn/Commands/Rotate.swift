internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Rotation

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rotate keys now, whatever their age.",
        discussion: """
            Of all users, unless some are named. A user whose new key is still on its way goes on with that rotation; one that \
            is in `overlap` or `soak` cannot begin another one yet, which is said (exit status 75); with --wait that rotation is seen \
            through. Without --wait it ends when every \
            target has confirmed, or as soon as it has to wait long; `keyturn step` or `keyturn run` goes on from there. Exit \
            status 75: not every target has confirmed, and the old key stays active.
            """)

    @Flag(help: "All users, which is the default; says that it is meant.")
    var all = false

    @Flag(help: "See the rotation through, overlap and soak included.")
    var wait = false

    @Flag(help: "Begin also in a time in which `freeze` lets no rotation begin.")
    var despiteFreeze = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        let timings = timing.timings ? Timings() : nil
        let reading = timings?.begin("configuration and plugins")
        var workspace = try Workspace(options)
        reading?()
        let status = try await workspace.discover(EventLog(options), remembers: true)
        let users = try workspace.select(selection.users)
        if !despiteFreeze { try refuseFrozen(users) }
        try await RotationRun(workspace, timings: timings).work(
            on: users, requests: [wait ? .rotateOrFinish : .rotate], extent: wait ? .wholeRotation : .due,
            isLive: wait, after: status)
    }

    func validate() throws {
        if all, !selection.users.isEmpty { throw ValidationError("--all and the names of users cannot go together") }
    }

    private func refuseFrozen(_ users: [ConfiguredUser]) throws {
        let now = SystemClock().now
        guard let frozen = users.first(where: { $0.policy.thaw(now) > now }) else { return }
        throw CommandFailure(
            .failed,
            "\(frozen.name): `freeze` lets no rotation begin before \(Moment.text(frozen.policy.thaw(now))). Nothing was begun "
                + "for anybody. `--despite-freeze` begins it all the same; a leaked key does not wait: `keyturn revoke`."
        )
    }
}
