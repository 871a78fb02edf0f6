internal import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Show and pin plugins; make, test and sign new ones.",
        subcommands: [
            PluginList.self, PluginInfo.self, PluginPin.self, PluginSign.self, PluginNew.self, PluginTest.self,
        ])
}
