internal import ArgumentParser
internal import Operations

struct PluginSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a plugin's library with Ed25519, as its author.",
        discussion: """
            Whoever pins the plugin with --signer can take new versions without pinning each. The key file holds the 32 \
            bytes of the private key in base64; it is made, mode 0600, where there is none.
            """)

    @Argument(help: "The plugin's directory, with pusher.so and manifest.json.")
    var directory: String

    @Option(help: ArgumentHelp("The private key.", valueName: "file"))
    var key: String

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let signature = try PluginSignature(directory: directory, key: key)
        guard !options.quiet else { return }
        Terminal(options).write(
            "\(signature.path) is written. Operators pin the plugin with --signer \(signature.publicKey)\n")
    }
}
