internal import ArgumentParser
internal import Operations

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show the effective configuration, and what keyturn.yaml may contain.",
        subcommands: [ConfigShow.self, ConfigSchema.self])
}

struct ConfigSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print a JSON Schema of keyturn.yaml, for editors.",
        discussion: """
            Draft 2020-12, with the fields of the installed plugins and of those that the configuration's `plugins.path` leads \
            to. Editors with the YAML language server take it by a first line in the file: \
            `# yaml-language-server: $schema=keyturn.schema.json`. `keyturn check` checks more: which names there are, and \
            what does not go together.
            """)

    @OptionGroup var options: GlobalOptions

    func run() throws { StandardStream.output.write(try PluginCatalog(OperationContext(options)).schema()) }
}
