internal import ArgumentParser
internal import Operations

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rotate keys now, whatever their age.",
        discussion: """
            Name the users, or give --all. With neither, keyturn asks on a terminal; elsewhere the configuration's only user is \
            rotated, and several are an error. A user whose new key is still being delivered continues with that rotation; one that \
            is in `overlap` or `soak` cannot begin another one yet, which is an error (exit status 75); with --wait that rotation is \
            completed. A user that a `freeze` holds is left as it is, and the others are rotated (exit status 75). Without --wait the command ends when every \
            target has confirmed, or when it would have to wait long; `keyturn step` or `keyturn run` continues from there. Exit \
            status 75: not every target has confirmed, and the old key stays active.
            """)

    @Flag(name: .shortAndLong, help: "Rotate the keys of all users.")
    var all = false

    @OptionGroup var waiting: WaitOptions

    @Option(
        help: ArgumentHelp(
            """
            With --wait: rotate N users first, by name. The others begin once these have reached overlap; if one does \
            not, none of the others begins. Default: all at once.
            """, valueName: "count"))
    var canary: Int?

    @Flag(help: "Show what would be done, and change nothing.")
    var dryRun = false

    /// What other programs take, and many a script says out of habit. Unknown, it would be answered with "did you mean --all".
    @Flag(name: .shortAndLong, help: .hidden)
    var yes = false

    @Flag(help: "Begin also in a time in which `freeze` lets no rotation begin.")
    var despiteFreeze = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: RotatedUsers
    @OptionGroup var timing: TimingOptions

    func run() async throws {
        guard !dryRun else {
            return try await RotationPlan(
                OperationContext(options), selection.users,
                for: .rotate(isWhole: waiting.wait, despiteFreeze: despiteFreeze), asksIAM: true
            )
            .print(options, whenEmpty: { "\($0) has no users yet." })
        }
        let isAll = try confirm()
        var rotations = try await Rotations(OperationContext(options), isTimed: timing.timings)
        try await rotations.rotate(
            selection.users, isAll: isAll, toTheEnd: waiting.wait, timeout: waiting.limit, canaries: canary ?? 0,
            despiteFreeze: despiteFreeze, display: waiting.wait ? LiveView.wanted(options) : nil
        ).print(options)
    }

    /// A person who names no user may not know how many there are.
    ///
    /// - Returns: whether all users are meant.
    private func confirm() throws -> Bool {
        guard selection.users.isEmpty, !all, Questions.canAsk, !options.json, !options.quiet else { return all }
        guard
            try Questions(terminal: Terminal(options)).isAgreed("Rotate the keys of all users of the configuration?")
        else {
            throw OperationFailure(.failed, "nothing was changed; name the users to rotate, or give --all")
        }
        return true
    }

    func validate() throws {
        if yes {
            throw ValidationError(
                selection.users.isEmpty && !all
                    ? "there is no --yes, and it would not say whose keys to rotate: name the users, or give --all"
                    : "there is no --yes: leave it out. Users that are named, and --all, are not asked about")
        }
        if let canary {
            guard waiting.wait else { throw ValidationError("--canary belongs to --wait") }
            guard canary > 0 else { throw ValidationError("--canary must be at least 1") }
        }
        if all, !selection.users.isEmpty { throw ValidationError("--all and the names of users cannot go together") }
    }
}
