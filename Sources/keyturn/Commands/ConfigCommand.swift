internal import ArgumentParser
internal import JSON
internal import JSONSchema
internal import PusherHost

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Tells what keyturn.yaml may hold.", subcommands: [ConfigSchema.self])
}

struct ConfigSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints a JSON Schema of keyturn.yaml, for editors.",
        discussion: """
            Draft 2020-12, with the fields of the installed plugins and of those that the configuration's `plugins.path` leads \
            to. Editors with the YAML language server take it by a first line in the file: \
            `# yaml-language-server: $schema=keyturn.schema.json`. `keyturn check` tells more: which names there are, and \
            what does not go together.
            """)

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let search = PluginSearch.with(try PluginCommand.configuration(options))
        let log = EventLog(options)
        var plugins: [Manifest] = []
        for (id, plugin) in search.all() {
            switch plugin {
            case .success(let plugin): plugins.append(plugin.manifest)
            case .failure(let error): log.warn("\(id) is left out: \(error.description)")
            }
        }
        let schema = ConfigurationSchema(plugins: plugins.sorted { $0.id < $1.id })
        StandardStream.output.write(schema.json.prettyText + "\n")
    }
}
