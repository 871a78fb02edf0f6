internal import ArgumentParser
internal import Configuration
internal import FoundationEssentials
internal import PusherHost

struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin",
        abstract: "Shows the pushers' plugins, allows them by pinning what they are, makes and checks new ones.",
        subcommands: [
            PluginList.self, PluginInfo.self, PluginPin.self, PluginSign.self, PluginNew.self, PluginTest.self,
        ])

    /// The configuration, where there is one: the commands work without too, on the installed plugins.
    static func configuration(_ options: GlobalOptions) throws -> Configuration? {
        let environment = ProcessInfo.processInfo.environment
        guard let file = try? Configuration.find(options.config, environment: environment) else { return nil }
        do throws(ConfigurationError) { return try Configuration(file: file) } catch {
            throw CommandFailure(error)
        }
    }

    /// A plugin by its ID.
    static func find(_ id: String, _ search: PluginSearch) throws -> Plugin {
        do throws(PluginError) { return try search.find(id) } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    static func explain<Value>(_ body: () throws(PluginError) -> Value) throws -> Value {
        do throws(PluginError) { return try body() } catch { throw CommandFailure(.failed, error.description) }
    }
}
