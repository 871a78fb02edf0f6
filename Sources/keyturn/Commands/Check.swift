internal import ArgumentParser
internal import Operations

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Check the configuration, the plugins and the state's seal key; with --online also AWS and every target.",
        discussion: """
            Writes nothing. Offline, the secrets are fetched and each pusher is started; the program of a pusher is looked \
            for, and targets that are files of this machine are tried without writing, as the user that runs the command; the users of `discover` are those that the \
            last run found. Online, STS is asked who keyturn is, IAM for each user and its keys, and each pusher whether a \
            push to each target would work. A line with `look` works, and may not be what you mean.

            Exit status: 0 all is well; else that of the worst finding, as `keyturn --help` lists them.
            """)

    @Flag(help: "Also ask AWS and every target; nothing is written there.")
    var online = false

    @Flag(help: "The exit status says what was found: the default.")
    var exitCode = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        var check = try await ConfigurationCheck(OperationContext(options))
        try FindingsOutput.print(try await check.run(selection.users, online: online), options)
    }
}
