internal import ArgumentParser
internal import Enclosure
internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PusherHost

struct PluginInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract:
            "Shows what a plugin asks for, what it was granted, how its files compare with their pin, and its fields."
    )

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var id: String

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let configuration = try PluginCommand.configuration(options)
        let plugin = try PluginCommand.find(id, .with(configuration))
        let admission = try Admission.with(configuration)
        let library = try PluginCommand.explain { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let pinned = admission.pin(for: plugin)
        let differences = pinned?.pin.differences(from: plugin, library) ?? []
        let obstacle = library.obstacle(in: Installation.current.runner)
        if options.json { return JSONOutput.print(json(plugin, library, pinned, differences, obstacle)) }
        let terminal = Terminal(options)
        let manifest = plugin.manifest
        terminal.write("\(terminal.styled(manifest.id, .bold)) \(manifest.version)  \(manifest.summary)\n\n")
        terminal.write("library   \(plugin.library)\n          sha256:\(library.hash)\n")
        if let obstacle { terminal.write("          \(terminal.styled("cannot be loaded", .red)) here: \(obstacle)\n") }
        terminal.write("manifest  sha256:\(plugin.manifestHash)\n")
        terminal.write("pinned    \(standing(pinned, differences, terminal))\n")
        terminal.write("asks for  \(words(manifest.asks))\n")
        if let pin = pinned?.pin {
            terminal.write("granted   \(words(pin.grants))\n")
            if let signer = pin.signer { terminal.write("signer    ed25519:\(signer)\n") }
        }
        terminal.write("shut in   \(enclosure(pinned?.pin.grants ?? Grants()))\n")
        tell("pusher", manifest.configuration, manifest.secrets, terminal)
        tell("target", manifest.target, [], terminal)
    }

    private func standing(_ pinned: (pin: Pin, lock: LockFile)?, _ differences: [String], _ terminal: Terminal)
        -> String
    {
        guard let (pin, lock) = pinned else {
            return terminal.styled("no", .yellow) + ": it is not loaded until `keyturn plugin pin \(id)` allows it"
        }
        guard !differences.isEmpty else { return "by \(lock.path)" }
        return terminal.styled("CHANGED", .red) + " since \(lock.path) pinned version \(pin.version):\n          "
            + differences.joined(separator: "\n          ")
    }

    private func words(_ grants: Grants) -> String {
        grants.words.isEmpty ? "nothing" : grants.words.joined(separator: "\n          ")
    }

    /// What keeps its process in on this machine.
    private func enclosure(_ grants: Grants) -> String {
        let missing = Enclosure.Part.allCases.filter { !Enclosure.available.contains($0) }.map(\.rawValue)
        let parts = Enclosure.Part.allCases.filter(Enclosure.available.contains).map(\.rawValue)
        let inForce = (["a process of its own", "limits", "no-new-privs"] + (grants.programs ? [] : parts))
        let gap = missing.isEmpty ? "" : "; this kernel has no \(missing.joined(separator: ", "))"
        return inForce.joined(separator: ", ") + (grants.programs ? "; no more, since it may start programs" : gap)
    }

    private func json(
        _ plugin: Plugin, _ library: SealedLibrary, _ pinned: (pin: Pin, lock: LockFile)?, _ differences: [String],
        _ obstacle: String?
    ) -> JSONValue {
        // The manifest's own members, and what is known of the plugin here.
        let here: [String: JSONValue] = [
            "library": .string(plugin.library),
            "sha256": .object(["library": .string(library.hash), "manifest": .string(plugin.manifestHash)]),
            "pinned": .bool(pinned != nil && differences.isEmpty),
            "lock": pinned.map { .string($0.lock.path) } ?? .null,
            "obstacle": obstacle.map { .string($0) } ?? .null,
            "differences": .array(differences.map(JSONValue.string)),
            "asks": .array(plugin.manifest.asks.words.map(JSONValue.string)),
            "granted": .array((pinned?.pin.grants.words ?? []).map(JSONValue.string)),
            "enclosure": .array(
                Enclosure.Part.allCases.filter(Enclosure.available.contains).map { .string($0.rawValue) }),
        ]
        return .object((plugin.manifest.json.object ?? [:]).merging(here) { _, known in known })
    }

    private func tell(_ title: String, _ schema: Schema, _ secrets: Set<String>, _ terminal: Terminal) {
        // The names of the two variables are filled in where a target does not give them.
        let defaults = ["access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"]
        let required = Set(schema.definition["required"]?.strings ?? []).subtracting(defaults.keys)
        var table = Table(header: ["\(title.uppercased()) FIELD", "", "MEANING"])
        for (name, property) in schema.properties.sorted(by: { $0.key < $1.key }) {
            let kind = [required.contains(name) ? "required" : nil, secrets.contains(name) ? "secret" : nil]
            let standard = defaults[name].map { " Default: \($0)." } ?? ""
            table.rows.append([
                name, kind.compactMap { $0 }.joined(separator: ", "),
                (property["description"]?.string ?? "") + standard,
            ])
        }
        terminal.write("\n" + table.text(terminal))
    }
}
