internal import ArgumentParser
internal import Operations

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace a leaked key and kill it as fast as delivery allows.",
        discussion: """
            For a user, or the user's current key: a new key is made and delivered at once, whatever the schedule says. The leaked \
            key is deactivated the moment the last target has confirmed, and deleted, without overlap and soak. Running jobs that \
            began with it may fail. With --now it is deactivated first: whoever stole it is locked out at once, and so are your \
            pipelines until the new key has arrived.

            The previous key is deactivated and deleted now. The next key, which is on its way to the targets, is deleted at once \
            if no push of it has begun; else it is delivered everywhere and then replaced, or with --now deleted at once. A key of \
            a configured user that keyturn has no record of is deactivated, unless it is the user's last Active key; deleting it \
            is left to you.

            --event reads an event that says that a key has leaked: one of AWS Health, or {"keyturn": {"revoke": "AKIA…"}}. Its keys \
            are revoked, at most one of each user within an hour, and never with --now. A key that keyturn does not manage is \
            logged, and is not a failure.

            --now may also be given later, while a `revoke` waits for a target. Exit status 75: a target has not confirmed, and \
            `keyturn status` says whether the leaked key is still Active.
            """)

    @OptionGroup var subject: UserOrKey

    @Flag(help: "Deactivate the leaked key before it is replaced.")
    var now = false

    @Option(
        help: ArgumentHelp(
            "Revoke what this event says has leaked. A file, or - for standard input.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var event: String?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard event != nil else {
            return try OneUser.checkNamedOnce(
                subject.named, subject.optional, missing: "the user or the key ID is missing, such as cicd-bot")
        }
        guard subject.named == nil, subject.optional == nil, !now, !waiting.wait else {
            throw ValidationError("--event says itself what has leaked: no user, key ID, --now or --wait with it")
        }
    }

    func run() async throws {
        if let event {
            let notice = LeakNotice(event: try EventFile.read(event))
            return try await Orders(OperationContext(options)).revoke(event: notice, display: LiveView.wanted(options))
                .print(options)
        }
        try await Orders(OperationContext(options)).revoke(
            subject.text, isUser: subject.named == nil, atOnce: now, toTheEnd: waiting.wait, timeout: waiting.limit,
            display: LiveView.wanted(options)
        ) { takenOver in
            // With --json there is one document, and what was taken over is part of it.
            if !options.json || takenOver.status != .done { try takenOver.print(options) }
        }.print(options)
    }
}

/// What has leaked.
struct UserOrKey: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The user, or the ID of the key that has leaked.", valueName: "user|keyid"),
        completion: Suggestions.users)
    var named: String?

    @Option(
        name: [.customLong("user"), .customShort("u")],
        help: ArgumentHelp("The user, as an option.", valueName: "user"),
        completion: Suggestions.users)
    var optional: String?

    /// As it was typed.
    var text: String { named ?? optional ?? "" }
}
