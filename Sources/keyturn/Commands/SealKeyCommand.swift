internal import ArgumentParser
internal import Operations

struct SealKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal-key",
        abstract: "Make a seal key, and replace one seal key by another.",
        subcommands: [SealKeyNew.self, SealKeyRotate.self])
}

struct SealKeyNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a new seal key: in a file, or sealed by KMS.",
        discussion: """
            Without --kms, write 32 random bytes to a file with mode 0600. A file that exists is never overwritten.

            With --kms, KMS makes the key and seals it, and the field for keyturn.yaml is printed. Nothing in it is secret: \
            keyturn has KMS open it once at each start. KMS is asked with the credentials of `aws:` where there is a \
            configuration, else with those of the environment. This needs kms:GenerateDataKeyWithoutPlaintext and kms:Decrypt; \
            `keyturn policy` prints what keyturn needs later.
            """)

    @Option(help: ArgumentHelp("The ARN of the KMS key that seals the new key.", valueName: "key-arn"))
    var kms: String?

    @Option(
        help: ArgumentHelp(
            "The file to write. (default: seal.key; with --kms, the field is printed and no file is written)",
            valueName: "file"))
    var out: String?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        guard let kms else {
            let path = out ?? "seal.key"
            try await NewSealKey.write(to: path, OperationContext(options))
            if options.json { return try JSONOutput.print(["file": path]) }
            guard !options.quiet else { return }
            return Terminal(options).write("\(path)  the seal key (mode 0600): back it up apart from the state\n")
        }
        let field: String
        do { field = try await NewSealKey.sealed(by: kms, OperationContext(options)) } catch let error
            as InvalidOption
        {
            throw ValidationError(error.message)
        }
        if let out { try NewSealKey.write(field: field, to: out) }
        let line = String(field.dropLast())
        if options.json { return try JSONOutput.print(out.map { ["field": line, "file": $0] } ?? ["field": line]) }
        if let out {
            if !options.quiet { Terminal(options).write("\(out)  the field for keyturn.yaml\n") }
        } else {
            StandardStream.output.write(field)
        }
    }
}

struct SealKeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Seal everything in the state again with the first key of `seal-key`.",
        discussion: """
            Make a key with `keyturn seal-key new --out new.key`. Then: (1) add it as the second one, \
            `seal-key: [{ file: seal.key }, { file: new.key }]`, on every machine that uses the state, and have running workers \
            read the configuration again (SIGHUP). (2) Put it first. (3) Run this command. (4) Once it says that everything is \
            sealed with the new key, remove the old one. With one machine and no `keyturn run`, begin with step 2.

            The command can be stopped at any time and run again: each record names its key, and both keys open what they \
            sealed. A user that another process is working on is left to it and waited for, up to 60 seconds. The history stays \
            verifiable.

            Exit status: 0 everything is sealed with the first key; 75 another process is working on a user, or a running \
            worker does not have the key yet: run it again; 1 a record was not written with any of the keys.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report = try await SealKeyRotation(OperationContext(options)).run()
        if options.json { try JSONOutput.print(report) } else { print(report) }
        try FinishedWith.check(report.status)
    }

    private func print(_ report: SealKeyRotation.Report) {
        let terminal = Terminal(options)
        for (user, owner) in report.busy.sorted(by: { $0.key < $1.key }) {
            terminal.write("\(user): \(owner) is working on it; run `keyturn seal-key rotate` again\n")
        }
        for user in report.doubtful {
            terminal.write(
                "\(user): its record was not written with any of the seal keys, and was not sealed again; `keyturn history verify` says more, and `keyturn step \(user)` records it and goes on\n"
            )
        }
        guard !options.quiet else { return }
        if report.resealed.isEmpty {
            let words = report.already == 1 ? "the 1 user has" : "all \(report.already) users have"
            if report.already > 0, report.isComplete {
                terminal.write("nothing to seal again: \(words) the key already\n")
            }
        } else {
            let others = report.already > 0 ? "; \(counted(report.already, "user")) had the key already" : ""
            terminal.write("sealed \(counted(report.resealed.count, "user")) again\(others)\n")
        }
        guard report.isComplete else { return }
        let others = report.others.joined(separator: ", ")
        terminal.write(
            "everything is sealed with \(report.sealKey)"
                + (others.isEmpty ? "\n" : ": remove the other key (\(others)) from `seal-key` on every machine\n"))
    }
}
