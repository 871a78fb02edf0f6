internal import ArgumentParser
internal import FoundationEssentials
internal import Operations

struct PluginInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install a plugin from a signed package, and pin it.",
        discussion: """
            The package is a file, a URL (https, or http from this machine) or a name in an index: acme-ci, acme-ci@1.4.0. Its signature \
            and its signer are checked first; then keyturn shows what the plugin asks for and asks before it changes anything.

            A signer is trusted for a plugin where --signer names it, where keyturn.lock has it, or where an index names it whose own \
            signer is configured. Later versions must have the same signer.

            Installing grants nothing: `keyturn plugin pin ID --grant hosts` does. The plugin is used once a pusher in the configuration \
            names it.

            Exit status: 0 installed, or already there; 1 the package cannot be used; 69 a server cannot be reached; 77 the signer is not \
            trusted, or the version too old; 78 the plugin cannot be loaded on this machine.
            """)

    @Argument(help: "A file, a URL, or the plugin's name in an index.", completion: .file(extensions: ["tar"]))
    var source: String

    @OptionGroup var install: InstallOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws { try await install.run(source, isUpgrade: false, options) }
}

struct PluginUpgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Replace an installed plugin by another version.",
        discussion: """
            By a name, the newest version of the indexes is installed; by a file or a URL, that one. The same is checked and shown as by \
            `keyturn plugin install`, with what is different from the installed version.

            The plugin keeps its grants as far as the new version asks for them. What it asks for in addition is not granted until \
            `keyturn plugin pin ID --grant` names it. The version before is kept: `keyturn plugin rollback ID` brings it back.
            """)

    @Argument(help: "A file, a URL, or the plugin's name in an index.", completion: .file(extensions: ["tar"]))
    var source: String

    @OptionGroup var install: InstallOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws { try await install.run(source, isUpgrade: true, options) }
}

/// What `install` and `upgrade` take.
struct InstallOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Ed25519 public key (base64) that the package must be signed with. Default: the key that is trusted for the plugin.",
            valueName: "key"))
    var signer: String?

    @Option(help: ArgumentHelp("The SHA-256 that the package must have.", valueName: "hash"))
    var sha256: String?

    @Option(help: ArgumentHelp("Look for the name in this index. Default: `plugins.indexes`.", valueName: "url"))
    var index: String?

    @Option(
        help: ArgumentHelp(
            "The Ed25519 public key (base64) that signs the index. Default: the configured key.", valueName: "key"))
    var indexSigner: String?

    @Flag(help: "Also take a version that is older than the installed one.")
    var allowDowngrade = false

    @OptionGroup var place: PluginPlaceOptions

    func validate() throws {
        for (name, key) in [("--signer", signer), ("--index-signer", indexSigner)] {
            if let key, Data(base64Encoded: key)?.count != 32 {
                throw ValidationError("\(name) takes the 32 bytes of an Ed25519 public key, in base64.")
            }
        }
        if let sha256, sha256.count != 64 || !sha256.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            throw ValidationError("--sha256 takes 64 hexadecimal digits.")
        }
        if indexSigner != nil, index == nil { throw ValidationError("--index-signer belongs to --index.") }
    }

    func run(_ source: String, isUpgrade: Bool, _ options: GlobalOptions) async throws {
        var request = PluginInstalling.Request(source: source)
        (request.isUpgrade, request.signer, request.hash) = (isUpgrade, signer, sha256)
        (request.index, request.indexSigner, request.allowsDowngrade) = (index, indexSigner, allowDowngrade)
        (request.directory, request.lock) = (place.directory, place.lock)
        let installing = try PluginInstalling(OperationContext(options), request)
        let prepared = try await installing.prepare()
        let change = prepared.change
        let verb = isUpgrade ? "Upgrade" : "Install"
        let isWanted = try place.confirm(change, options, "\(verb) \(change.id) \(change.version.value)?")
        if isWanted { try installing.install(prepared) }
        place.report(change, isWritten: isWanted && !change.isNothing, options, isUpgrade ? "Upgraded to" : "Installed")
    }
}

/// Where plugins are, and whether a person is asked: what all commands that change installed plugins take.
struct PluginPlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The directory with the plugins. Default: the first of `plugins.path`, else that of the installation.",
            valueName: "directory"),
        completion: .directory)
    var directory: String?

    @Option(help: ArgumentHelp("The lock file. Default: the configuration's, else ./keyturn.lock.", valueName: "file"))
    var lock: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Show what would change, and change nothing.")
    var dryRun = false

    /// Shows what would change and asks.
    ///
    /// - Returns: false where nothing is to be done.
    func confirm(_ change: PluginChange, _ options: GlobalOptions, _ question: String) throws -> Bool {
        if !options.json, !options.quiet { Terminal(options).write(change.text(Terminal(options))) }
        guard !dryRun, !change.isNothing else { return false }
        return try ask(question, options)
    }

    func ask(_ question: String, _ options: GlobalOptions) throws -> Bool {
        if yes { return true }
        guard Questions.canAsk, !options.json, !options.quiet else {
            throw OperationFailure(
                .failed, "nothing was changed: there is no terminal to ask on; --yes does it without a question")
        }
        guard try Questions(terminal: Terminal(options)).isAgreed(question) else {
            throw OperationFailure(.failed, "nothing was changed")
        }
        return true
    }

    /// Says what was done, and what comes next.
    func report(_ change: PluginChange, isWritten: Bool, _ options: GlobalOptions, _ verb: String) {
        if options.json { return JSONOutput.print(change.json(isWritten: isWritten)) }
        guard !options.quiet else { return }
        let terminal = Terminal(options)
        guard isWritten else {
            return terminal.write(
                change.isNothing ? "\(change.id) \(change.version.value) is there already.\n" : "Nothing was changed.\n"
            )
        }
        terminal.write("\(verb) \(change.id) \(change.version.value); \(change.lock) pins it.\n")
        if !change.grantOptions.isEmpty {
            let what = change.granted.isEmpty ? "It is granted nothing yet" : "It asks for more than it is granted"
            terminal.write(
                "\(what): `keyturn plugin pin \(change.id) \(change.grantOptions.joined(separator: " "))` grants what it asks for.\n"
            )
        }
        if let kept = change.kept {
            terminal.write("Version \(kept) was kept: `keyturn plugin rollback \(change.id)` brings it back.\n")
        }
        terminal.write("`keyturn run` uses it once it is restarted or gets SIGHUP.\n")
    }
}
