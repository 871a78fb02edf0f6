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

            Where a value cannot be read, a job can prove which key it is given: --proof-job prints one to paste into a \
            repository, which asks STS with that key and prints one line, with the key ID and without the secret. --proof \
            reads that line in the job's log, and the place is listed with its key, its user and the evidence: used (STS accepted \
            the key) or present (the job could not ask STS). A job is good for 7 days. A proof is as good as its log: \
            whoever can write into the log, or change the job, can make a false one.

            Exit status: 0 all scopes were looked through; 75 a part failed, try again; 1 a line of a proof was not accepted, or a \
            log has none; else that of a scope that could not be seen at all. Parts that the token may not read are listed, and are no failure.
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

    @Option(
        help: ArgumentHelp(
            "Take proofs from this job log, - for stdin; may be given several times.", valueName: "file"),
        completion: .file())
    var proof: [String] = []

    @Option(
        help: ArgumentHelp(
            "Print a job that proves which key it is given, and do nothing else.",
            valueName: "system"))
    var proofJob: ProofSystem?

    @Option(
        help: ArgumentHelp(
            "For --proof-job: the variables with the pair. Default: AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY.",
            valueName: "id,secret"))
    var proofNames: String?

    @Option(
        help: ArgumentHelp(
            "For --proof-job: the environment whose variables the job reads. Default: none.", valueName: "name"))
    var proofEnvironment: String?

    @OptionGroup var options: GlobalOptions

    private var proofRequest: ProofJob.Request? {
        guard let proofJob else { return nil }
        var request = ProofJob.Request(proofJob)
        if let proofNames {
            request.names = proofNames.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        request.environment = proofEnvironment
        return request
    }

    func validate() throws {
        if csv, options.json { throw ValidationError("--csv and --json cannot go together") }
        guard let request = proofRequest else {
            guard proofNames == nil, proofEnvironment == nil else {
                throw ValidationError("--proof-names and --proof-environment are for --proof-job")
            }
            if proof.count(where: { $0 == "-" }) > 1 { throw ValidationError("--proof - can be given once") }
            return
        }
        guard scopes.isEmpty, pusher.isEmpty, proof.isEmpty, !csv, !unmanaged else {
            throw ValidationError(
                "--proof-job prints a job and looks through nothing: it takes --proof-names, --proof-environment and --json"
            )
        }
        if let mistake = request.mistake { throw ValidationError(mistake) }
    }

    func run() async throws {
        if let request = proofRequest { return try await printJob(request) }
        let find = try await Find(OperationContext(options), proofs: proof)
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

    private func printJob(_ request: ProofJob.Request) async throws {
        let job = try await ProofJob(request, OperationContext(options))
        if options.json {
            try JSONOutput.print(["proof-job": job])
        } else {
            StandardStream.output.write(job.yaml)
        }
    }
}

extension ProofSystem: ExpressibleByArgument {}
