internal import ArgumentParser
internal import Operations

struct PluginPack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "For authors: put a plugin into one signed file.",
        discussion: """
            The file, ID-VERSION.tar, holds the library, the manifest, README.md, LICENSE and conformance.json where there are any, and the \
            software bill of materials: sbom.cdx.json of the directory (CycloneDX), or one that is made from the library. It is a tar \
            archive that begins with the signed list of its files. The same input gives the same bytes.

            Operators install it with `keyturn plugin install`.
            """)

    @Argument(help: "The plugin's directory, with pusher.so and manifest.json.", completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp("The private key: made, mode 0600, where there is no such file.", valueName: "file"),
        completion: .file())
    var key: String

    @Option(
        help: ArgumentHelp("The directory that the package is written to.", valueName: "directory"),
        completion: .directory)
    var output = "."

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let packing = try PluginPacking(directory: directory, key: key, output: output)
        if options.json { return JSONOutput.print(packing.json) }
        guard !options.quiet else { return }
        Terminal(options).write(
            """
            Wrote \(packing.path): \(packing.size) bytes, \(packing.files.joined(separator: ", "))
            sha256  \(packing.hash)
            signer  \(packing.publicKey)
            Install it: keyturn plugin install \(packing.path) --signer \(packing.publicKey)

            """)
    }
}

struct PluginIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Make a signed list of the packages in a directory.",
        discussion: """
            Writes index.json next to the packages: names, versions, addresses, hashes and signers. Put the directory on any server; \
            `keyturn plugin install NAME --index URL` finds the packages by it. An index that has expired is refused, so make it again in time.
            """)

    @Argument(help: "The directory with the packages (.tar).", completion: .directory)
    var directory: String

    @Option(
        help: ArgumentHelp(
            "The private key that signs the index: made, mode 0600, where there is no such file.", valueName: "file"),
        completion: .file())
    var key: String

    @Option(
        help: ArgumentHelp("Where the packages are. Default: next to the index, wherever that is.", valueName: "url"))
    var baseURL: String?

    @Option(help: ArgumentHelp("How long the index is believed.", valueName: "duration"))
    var expires = "30d"

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard Moment.duration(expires) != nil else {
            throw ValidationError("--expires takes a duration, such as 30d.")
        }
    }

    func run() throws {
        let index = try IndexMaking(
            OperationContext(options), directory: directory, key: key, base: baseURL,
            lasting: Moment.duration(expires) ?? .zero)
        if options.json { return JSONOutput.print(index.json) }
        guard !options.quiet else { return }
        let plugins = index.plugins.map { "  \($0.id)  \($0.versions.joined(separator: ", "))\n" }.joined()
        Terminal(options).write(
            "Wrote \(index.path), which expires on \(index.expires):\n\(plugins)signer  \(index.publicKey)\n")
    }
}
