internal import ArgumentParser
internal import Configuration
internal import Foundation
internal import JSON
internal import PusherHost

struct PluginPin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Allows a plugin: writes what its files are, and what it may do, to keyturn.lock.",
        discussion: """
            keyturn loads a plugin only while its library and manifest are those that were pinned. The hosts that its \
            manifest asks for are granted; files, a network of its own and programs only where --grant names them. The \
            lock file can be edited afterwards, to grant less. The plugins that come with keyturn are pinned by the \
            installation already.
            """)

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var ids: [String] = []

    @Flag(help: "Pin the plugins that came with keyturn, in the lock beside them. The installation does this.")
    var installed = false

    @Option(help: ArgumentHelp("Also grant what the manifest asks for: files, network or programs.", valueName: "what"))
    var grant: [GrantOption] = []

    @Option(
        help: ArgumentHelp(
            "An Ed25519 public key (base64). Other versions with its signature in pusher.sig are loaded without a new pin.",
            valueName: "key"))
    var signer: String?

    @Option(help: ArgumentHelp("The lock file; else the configuration's, else ./keyturn.lock.", valueName: "file"))
    var lock: String?

    @Flag(help: "Show what would be written, and write nothing.")
    var dryRun = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard installed == ids.isEmpty else { throw ValidationError("Name the plugins to pin.") }
        if let signer, Data(base64Encoded: signer)?.count != 32 {
            throw ValidationError("--signer takes the 32 bytes of an Ed25519 public key, in base64.")
        }
    }

    func run() throws {
        let configuration = installed ? nil : try PluginCommand.configuration(options)
        let search = PluginSearch.with(configuration)
        let path = installed ? "\(Installation.current.pushers)/keyturn.lock" : configuration?.lock ?? "keyturn.lock"
        var file = try PluginCommand.explain { () throws(PluginError) in try LockFile(path: lock ?? path) }
        let terminal = Terminal(options)
        var pinned: [String: Pin] = [:]
        for id in installed ? search.all().map(\.id) : ids {
            let plugin = try PluginCommand.find(id, search)
            let pin = try makePin(plugin)
            if !options.json, !options.quiet { terminal.write(describe(id, pin, plugin, before: file.pins[id])) }
            if !dryRun { try PluginCommand.explain { () throws(PluginError) in try file.write(pin, for: id) } }
            pinned[id] = pin
        }
        if options.json {
            JSONOutput.print(
                JSONValue.object([
                    "lock": .string(file.path), "written": .bool(!dryRun),
                    "pinned": .object(
                        pinned.mapValues {
                            .object([
                                "library": .string("sha256:\($0.library)"),
                                "manifest": .string("sha256:\($0.manifest)"),
                                "granted": .array($0.grants.words.map(JSONValue.string)),
                            ])
                        }),
                ]))
        } else if !options.quiet {
            terminal.write(dryRun ? "Nothing was written.\n" : "Written to \(file.path).\n")
        }
    }

    private func makePin(_ plugin: Plugin) throws -> Pin {
        let library = try PluginCommand.explain { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        return Pin(plugin, library, grants: plugin.manifest.asks.limited(to: grant), signer: signer)
    }

    private func describe(_ id: String, _ pin: Pin, _ plugin: Plugin, before: Pin?) -> String {
        var lines = ["\(id) \(pin.version)  \(plugin.manifest.summary)"]
        func line(_ title: String, _ text: String) {
            lines.append("  " + title.padding(toLength: 12, withPad: " ", startingAt: 0) + text)
        }
        line("library", "\(plugin.library)")
        line(
            "",
            "sha256:\(pin.library)\(before.map { $0.library == pin.library ? "" : ", was \($0.library) (\($0.version))" } ?? "")"
        )
        line(
            "manifest",
            "sha256:\(pin.manifest)\(before.map { $0.manifest == pin.manifest ? "" : ", was \($0.manifest)" } ?? "")")
        line("granted", pin.grants.words.isEmpty ? "nothing" : pin.grants.words.joined(separator: ", "))
        let withheld = plugin.manifest.asks.subtracting(pin.grants)
        if let withheld = withheld.withheld { line("not granted", withheld) }
        return lines.joined(separator: "\n") + "\n"
    }
}
