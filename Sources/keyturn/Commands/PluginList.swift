internal import ArgumentParser
internal import FoundationEssentials
internal import JSON
internal import PusherHost

struct PluginList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the plugins, where they were looked for, and whether they may be loaded.",
        discussion: "`keyturn plugin info ID` tells more of one: its library, what it asks for, and its fields.")

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let configuration = try PluginCommand.configuration(options)
        let search = PluginSearch.with(configuration)
        let admission = try Admission.with(configuration)
        let found = search.all().map { ($0.id, $0.plugin, Self.pinned($0.plugin, admission)) }
        if options.json {
            return JSONOutput.print(JSONValue.object(["plugins": .array(found.map(Self.json))]))
        }
        let terminal = Terminal(options)
        var table = Table(header: ["PLUGIN", "VERSION", "PINNED", "SUMMARY"])
        for (id, plugin, pinned) in found {
            switch plugin {
            case .success(let plugin):
                table.rows.append([id, plugin.manifest.version, pinned.word, plugin.manifest.summary])
            case .failure(let error): table.rows.append([id, "-", "-", "cannot be used: \(error.description)"])
            }
        }
        if found.isEmpty { return terminal.write("No plugins in \(search.directories.joined(separator: ", ")).\n") }
        terminal.write(table.text(terminal))
        terminal.write("Looked for in \(search.directories.joined(separator: ", ")).\n")
        for case .refused(let reason) in found.map(\.2) { terminal.write("\n\(reason)\n") }
    }

    /// Whether a plugin would be loaded.
    private enum Pinned {
        case yes, no
        case refused(String)

        var word: String {
            switch self {
            case .yes: "yes"
            case .no: "no"
            case .refused: "CHANGED"
            }
        }
    }

    private static func pinned(_ plugin: Result<Plugin, PluginError>, _ admission: Admission) -> Pinned {
        guard case .success(let plugin) = plugin, admission.pin(for: plugin) != nil else { return .no }
        do throws(PluginError) {
            _ = try admission.admit(plugin)
            return .yes
        } catch { return .refused(error.description) }
    }

    private static func json(_ id: String, _ plugin: Result<Plugin, PluginError>, _ pinned: Pinned) -> JSONValue {
        switch plugin {
        case .success(let plugin):
            var problem = JSONValue.null
            if case .refused(let reason) = pinned { problem = .string(reason) }
            return .object([
                "id": .string(id), "version": .string(plugin.manifest.version),
                "summary": .string(plugin.manifest.summary), "library": .string(plugin.library),
                "pinned": .bool(pinned.word == "yes"), "problem": problem,
            ])
        case .failure(let error):
            return .object(["id": .string(id), "pinned": .bool(false), "problem": .string(error.description)])
        }
    }
}
