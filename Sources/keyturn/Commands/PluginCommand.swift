internal import ArgumentParser
internal import Configuration
internal import Foundation
internal import HTTP
internal import JSON
internal import PusherHost

struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Shows the pushers that can be used; makes and checks new ones.",
        subcommands: [List.self, Info.self, New.self, Test.self])

    /// Works without a configuration too: then only the installed plugins are there.
    static func search(_ options: GlobalOptions) throws -> PluginSearch {
        let environment = ProcessInfo.processInfo.environment
        guard let file = try? Configuration.find(options.config, environment: environment) else {
            return Workspace.search(nil)
        }
        do throws(ConfigurationError) { return Workspace.search(try Configuration(file: file)) } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the plugins, and where they were found.")

        @OptionGroup var options: GlobalOptions

        func run() throws {
            let search = try PluginCommand.search(options)
            let found = search.all()
            if options.json {
                return print(
                    JSONValue.object(["plugins": .array(found.map { Self.json($0.id, $0.plugin) })]).prettyText)
            }
            let terminal = Terminal(options)
            var table = Table(header: ["PLUGIN", "VERSION", "SUMMARY", "LIBRARY"])
            for (id, plugin) in found {
                switch plugin {
                case .success(let plugin):
                    table.rows.append([id, plugin.manifest.version, plugin.manifest.summary, plugin.library])
                case .failure(let error): table.rows.append([id, "-", "cannot be used: \(error.description)", "-"])
                }
            }
            if found.isEmpty { return terminal.write("No plugins in \(search.directories.joined(separator: ", ")).\n") }
            terminal.write(table.text(terminal))
        }

        private static func json(_ id: String, _ plugin: Result<Plugin, PluginError>) -> JSONValue {
            switch plugin {
            case .success(let plugin):
                .object([
                    "id": .string(id), "version": .string(plugin.manifest.version),
                    "summary": .string(plugin.manifest.summary), "library": .string(plugin.library), "problem": .null,
                ])
            case .failure(let error): .object(["id": .string(id), "problem": .string(error.description)])
            }
        }
    }

    struct Info: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a plugin's manifest: its fields, the hosts it wants to reach, what it can do.")

        @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
        var id: String

        @OptionGroup var options: GlobalOptions

        func run() throws {
            let plugin: Plugin
            let search = try PluginCommand.search(options)
            do throws(PluginError) { plugin = try search.find(id) } catch {
                throw CommandFailure(.configuration, error.description)
            }
            let manifest = plugin.manifest
            if options.json { return print(manifest.json.prettyText) }
            let terminal = Terminal(options)
            terminal.write("\(terminal.styled(manifest.id, .bold)) \(manifest.version)  \(manifest.summary)\n")
            terminal.write("library  \(plugin.library)\n")
            terminal.write("hosts    \(manifest.hosts.isEmpty ? "none" : manifest.hosts.joined(separator: ", "))\n")
            tell("pusher", manifest.configuration, manifest.secrets, terminal)
            tell("target", manifest.target, [], terminal)
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
}
