internal import ArgumentParser
internal import Operations

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the installation, kernel, clock, proxies, certificates, credentials and permissions.",
        discussion: """
            Works with or without a configuration, and writes nothing. With --online, also connect to AWS and to the service of each \
            pusher, without credentials: name, network, proxy, certificate and clock. `keyturn check --online` checks what the \
            configuration says.

            --bundle writes a support bundle: one JSON file with what this command finds, versions, the configuration as `config show` \
            has it, status and the newest lines of the history. It holds names of users, targets and hosts, and key IDs, and no secret. \
            Read it before you send it to someone.

            Exit status: 0 all is well; else that of the worst finding.
            """)

    @Flag(help: "Also connect to AWS and to the pushers' services; nothing is asked of them.")
    var online = false

    @Option(
        help: ArgumentHelp("Write a support bundle to this file, which must not exist yet.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var bundle: String?

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let context = OperationContext(options)
        let findings = await Doctor(context).run(online: online)
        if let bundle {
            try await SupportBundle(context, findings).write(to: bundle)
            if !options.quiet, !options.json {
                Terminal(options).write("wrote \(bundle): read it before you send it to someone\n")
            }
        }
        try FindingsOutput.print(findings, options)
    }
}
