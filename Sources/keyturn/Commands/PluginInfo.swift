internal import ArgumentParser
internal import Operations

struct PluginInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract:
            "Show what a plugin asks for, what it was granted, how its files compare with their pin, and its fields."
    )

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var id: String

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let plugin = try PluginDetails(try PluginCatalog(OperationContext(options)), id: id)
        if options.json { return JSONOutput.print(plugin.json) }
        let terminal = Terminal(options)
        terminal.write("\(terminal.styled(plugin.id, .bold)) \(plugin.version)  \(plugin.summary)\n\n")
        terminal.write("library   \(plugin.library)\n          sha256:\(plugin.libraryHash)\n")
        if let obstacle = plugin.obstacle {
            terminal.write("          \(terminal.styled("cannot be loaded", .red)) here: \(obstacle)\n")
        }
        terminal.write("manifest  sha256:\(plugin.manifestHash)\n")
        terminal.write("pinned    \(pinned(plugin, terminal))\n")
        terminal.write("asks for  \(words(plugin.asks))\n")
        if let pinned = plugin.pinned {
            terminal.write("granted   \(words(pinned.granted))\n")
            if let withheld = pinned.withheld {
                let text = "not granted: \(withheld), given to `keyturn plugin pin \(plugin.id)`"
                terminal.write("          \(terminal.wrapped(text, indent: 10))\n")
            }
            if let signer = pinned.signer { terminal.write("signer    ed25519:\(signer)\n") }
        }
        terminal.write("sandbox   \(plugin.enclosure)\n")
        terminal.write("\n" + table("PUSHER FIELD", plugin.pusherFields).text(terminal))
        terminal.write("\n" + table("TARGET FIELD", plugin.targetFields).text(terminal))
    }

    private func pinned(_ plugin: PluginDetails, _ terminal: Terminal) -> String {
        guard let pinned = plugin.pinned else {
            return terminal.styled("no", .yellow) + ": it is not loaded until `keyturn plugin pin \(id)` allows it"
        }
        guard !plugin.differences.isEmpty else { return "by \(pinned.lock)" }
        return terminal.styled("CHANGED", .red) + " since \(pinned.lock) pinned version \(pinned.version):\n          "
            + plugin.differences.joined(separator: "\n          ")
    }

    private func words(_ grants: [String]) -> String {
        grants.isEmpty ? "nothing" : grants.joined(separator: "\n          ")
    }

    private func table(_ title: String, _ fields: [PluginDetails.Field]) -> Table {
        let rows = fields.map { field in
            let kind = [field.isRequired ? "required" : nil, field.isSecret ? "secret" : nil]
            return [field.name, kind.compactMap { $0 }.joined(separator: ", "), field.meaning]
        }
        return Table(header: [title, "", "MEANING"], rows: rows)
    }
}
