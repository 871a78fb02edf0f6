internal import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Install, pin, show, make and check the pushers' plugins.",
        subcommands: [
            PluginList.self, PluginInfo.self, PluginInstall.self, PluginUpgrade.self, PluginRollbackCommand.self,
            PluginRemove.self, PluginPin.self, PluginNew.self, PluginTest.self, PluginSign.self, PluginPack.self,
            PluginIndexCommand.self,
        ])
}
