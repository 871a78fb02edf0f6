internal import ArgumentParser
internal import Operations

/// For commands that begin something that takes hours.
struct WaitOptions: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help:
            "Wait until it is complete, overlap and soak included. Ends earlier where a person has to decide something."
    )
    var wait = false

    @Option(
        help: ArgumentHelp(
            """
            With --wait: wait no longer than this, such as 90m; then the exit status is 75, and `keyturn step` or `keyturn run` \
            continues. Default: overlap and soak, plus 1h.
            """, valueName: "duration"))
    var timeout: String?

    /// nil: the default.
    var limit: Duration? { timeout.flatMap { Moment.duration($0) } }

    func validate() throws {
        guard let timeout else { return }
        guard wait else { throw ValidationError("--timeout belongs to --wait") }
        guard limit != nil else {
            throw ValidationError("--timeout takes a duration such as 90m or 3h, not \(timeout)")
        }
    }
}
