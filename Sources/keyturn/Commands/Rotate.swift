internal import ArgumentParser
internal import Operations

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

    @Option(
        help: ArgumentHelp(
            """
            With --wait: rotate so many users first, by name. The others begin once these have reached overlap; if one does \
            not, none of the others begins. Default: all at once.
            """, valueName: "count"))
    var canary: Int?

    @Flag(help: "Show what would be done, and change nothing.")
    var dryRun = false

    @Flag(help: "Begin also in a time in which `freeze` lets no rotation begin.")
    var despiteFreeze = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        guard !dryRun else {
            return try await RotationPlan(OperationContext(options), selection.users, for: .rotate, asksIAM: true)
                .print(options, whenEmpty: { "\($0) has no users yet." })
        }
        try confirm()
        var rotations = try await Rotations(OperationContext(options), isTimed: timing.timings)
        try await rotations.rotate(
            selection.users, toTheEnd: wait, canaries: canary ?? 0, despiteFreeze: despiteFreeze,
            display: wait ? LiveView.wanted(options) : nil
        ).print(options)
    }

    /// A person who names no user may not know how many there are.
    private func confirm() throws {
        guard selection.users.isEmpty, !all, Questions.canAsk, !options.json, !options.quiet else { return }
        guard
            try Questions(terminal: Terminal(options)).isAgreed("Rotate the keys of all users of the configuration?")
        else {
            throw OperationFailure(.failed, "nothing was changed; name the users to rotate, or give --all")
        }
    }

    func validate() throws {
        if let canary {
            guard wait else { throw ValidationError("--canary belongs to --wait") }
            guard canary > 0 else { throw ValidationError("--canary must be at least 1") }
        }
        if all, !selection.users.isEmpty { throw ValidationError("--all and the names of users cannot go together") }
    }
}
