internal import ArgumentParser
internal import FoundationEssentials
internal import JSON
internal import Operations

struct PluginPin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Allow a plugin: write the hashes of its files and its grants to keyturn.lock.",
        discussion: """
            keyturn loads a plugin only while its library and manifest are those that were pinned. The hosts that its \
            manifest asks for are granted; files, a network of its own and programs only where --grant names them. A plugin that \
            asks for every file of the machine, as `file` does, is granted only the directories that --folder names. The \
            lock file can be edited afterwards, to grant less. The plugins that come with keyturn are pinned by the \
            installation already.

            A plugin that is pinned again keeps its signer and its grants. What it asks for beyond them, also hosts, is \
            granted only where --grant names it. A version older than the pinned one needs --allow-downgrade.
            """)

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var ids: [String] = []

    @Flag(help: "Use the installed plugins and the lock file next to them. `make install` does this.")
    var installed = false

    @Option(
        help: ArgumentHelp(
            "Also grant what the manifest asks for: files, network, programs or (of a plugin that is pinned already) hosts.",
            valueName: "what"))
    var grant: [GrantOption] = []

    @Option(
        help: ArgumentHelp(
            "With --grant files: grant this directory alone, a part of what the manifest asks for. May be given several times; "
                + "those that were granted before stay.",
            valueName: "directory"))
    var folder: [String] = []

    @Option(
        help: ArgumentHelp(
            "An Ed25519 public key (base64). Other versions with its signature in pusher.sig are loaded without a new pin.",
            valueName: "key"))
    var signer: String?

    @Flag(help: "Forget the signer that is pinned. Default: it is kept.")
    var noSigner = false

    @Flag(help: "Also pin a version that is older than the pinned one.")
    var allowDowngrade = false

    @Option(help: ArgumentHelp("The lock file; else the configuration's, else ./keyturn.lock.", valueName: "file"))
    var lock: String?

    @Flag(help: "Show what would be written, and write nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard !ids.isEmpty else { throw ValidationError("Name the plugins to pin.") }
        if !folder.isEmpty, !grant.contains(.files) { throw ValidationError("--folder needs --grant files.") }
        if noSigner, signer != nil { throw ValidationError("--signer and --no-signer cannot go together") }
        if let signer, Data(base64Encoded: signer)?.count != 32 {
            throw ValidationError("--signer takes the 32 bytes of an Ed25519 public key, in base64.")
        }
    }

    func run() throws {
        var request = Pinning.Request()
        (request.ids, request.installed, request.grants) = (ids, installed, grant)
        request.folders = folder
        (request.signer, request.forgetsSigner, request.allowsDowngrade) = (signer, noSigner, allowDowngrade)
        (request.lock, request.isDryRun) = (lock, dryRun)
        let (lock, changes) = try Pinning(OperationContext(options), request).run()
        if options.json {
            return JSONOutput.print(
                JSONValue.object([
                    "lock": .string(lock), "written": .bool(!dryRun),
                    "pinned": .object(Dictionary(changes.map { ($0.id, $0.json) }) { first, _ in first }),
                ]))
        }
        guard !options.quiet else { return }
        let terminal = Terminal(options)
        for change in changes { terminal.write(change.text) }
        terminal.write(dryRun ? "Nothing was written.\n" : "Written to \(lock).\n")
    }
}

extension GrantOption: ExpressibleByArgument {}
