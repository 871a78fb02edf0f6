internal import ArgumentParser
internal import Operations

struct FindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find the places that hold access keys, or may hold one.",
        discussion: """
            A scope is PUSHER:PLACE: an organization or owner of GitHub or Travis CI, a group of GitLab, or one repository or \
            project. Without one, the owners of the configured targets are looked through. The pushers' tokens list the \
            variables and secrets there, and IAM is asked whose the keys are (iam:ListAccessKeys and \
            iam:GetAccessKeyLastUsed: `keyturn policy --find` prints what that takes). Writes nothing.

            managed: a target is this place. unmanaged: it holds a key of a user, and no target is it. dead: the key is inactive \
            or deleted. foreign: the key is another account's. by-name: the value cannot be read, and the name \
            looks like a key's. unknown: IAM could not be asked.

            `keyturn import` makes targets of what --csv or --json printed.

            Exit status: 0 all scopes were looked through; 75 a part failed, try again; else that of a scope that could not \
            be seen at all. Parts that the token may not read are listed, and are no failure.
            """)

    @Argument(
        help: ArgumentHelp(
            "What to look through, such as github:acme. Default: the targets' owners.", valueName: "scope"))
    var scopes: [String] = []

    @Option(
        help: ArgumentHelp("Only scopes of this pusher; may be given several times. Default: all.", valueName: "name"))
    var pusher: [String] = []

    @Flag(
        help:
            "Print CSV on stdout: one line for each place, for spreadsheets and `keyturn import`. What was not seen goes to stderr."
    )
    var csv = false

    @Flag(help: "Leave out places that a target is, and whose key is alive.")
    var unmanaged = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if csv, options.json { throw ValidationError("--csv and --json cannot go together") }
    }

    func run() async throws {
        let find = try await Find(OperationContext(options))
        let progress = FindProgressLine(isQuiet: options.quiet)
        let result: (document: FindDocument, status: ExitStatus)
        do {
            result = try await find.run(scopes, pushers: pusher) { progress.show($0) }
            progress.clear()
        } catch {
            progress.clear()
            throw error
        }
        var document = result.document
        if unmanaged { document.find.places.removeAll { $0.standing == .managed } }
        let terminal = Terminal(options)
        let text = FindText(document: document, terminal: terminal, isVerbose: options.verbose)
        if options.json {
            try JSONOutput.print(document)
        } else if csv {
            StandardStream.output.write(FindCSV.text(of: document))
            if !options.quiet { StandardStream.error.write(text.textBesideTable) }
        } else {
            terminal.write(text.text)
        }
        try FinishedWith.check(result.status)
    }
}
