internal import ArgumentParser
internal import FileTrust
internal import FoundationEssentials
internal import PlainText
internal import PusherHost

struct PluginSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "For authors: puts an Ed25519 signature beside a plugin's library.",
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
        let directory = URL(fileURLWithPath: directory).path
        let plugin = try PluginCommand.explain { () throws(PluginError) in try Plugin(directory: directory) }
        let library = try PluginCommand.explain { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let seed = try readOrMakeKey()
        let signature = Ed25519.sign(Pin.signedText(plugin, library), seed: seed)
        let path = "\(directory)/pusher.sig"
        do {
            try Data((signature.base64EncodedString() + "\n").utf8).write(to: URL(fileURLWithPath: path))
            // Like the library that it lies next to: it is not secret, and keyturn runs as a user of its own.
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw CommandFailure(.failed, "\(path) cannot be written: \(FileFailure.reason(error))")
        }
        let open = Ed25519.publicKey(seed: seed).base64EncodedString()
        if !options.quiet {
            Terminal(options).write("\(path) is written. Operators pin the plugin with --signer \(open)\n")
        }
    }

    private func readOrMakeKey() throws -> [UInt8] {
        if let text = try? String(contentsOfFile: key, encoding: .utf8) {
            guard let seed = Data(base64Encoded: PlainText.trimmed(text)), seed.count == 32
            else { throw CommandFailure(.failed, "\(key): it is not 32 bytes in base64") }
            return [UInt8](seed)
        }
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let made = FileManager.default.createFile(
            atPath: key, contents: Data((Data(seed).base64EncodedString() + "\n").utf8),
            attributes: [.posixPermissions: 0o600])
        guard made else { throw CommandFailure(.failed, "\(key): it cannot be written") }
        return seed
    }
}
