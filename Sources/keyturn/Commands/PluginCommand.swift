internal import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Shows the pushers' plugins, allows them by pinning what they are, makes and checks new ones.",
        subcommands: [
            PluginList.self, PluginInfo.self, PluginPin.self, PluginSign.self, PluginNew.self, PluginTest.self,
        ])
}
