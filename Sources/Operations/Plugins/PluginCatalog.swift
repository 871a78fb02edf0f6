internal import Configuration
internal import JSON
internal import PusherHost

/// The plugins that are there: those of the configured directories and the installed ones.
package struct PluginCatalog {
    /// Whether a plugin would be loaded.
    package enum Pinned: Sendable {
        case yes, no
        /// It is pinned, and its files are not what was pinned.
        case changed(String)
    }

    /// One plugin that was found.
    package struct Entry: Sendable {
        package var id: String
        /// nil: it cannot be used.
        package var version: String?
        package var summary: String
        package var library: String?
        package var pinned: Pinned
        /// Why it cannot be used, or would not be loaded.
        package var problem: String?
    }

    let context: OperationContext
    /// nil: there is none. The plugins are looked at all the same.
    let configuration: Configuration?
    let search: PluginSearch

    package init(_ context: OperationContext) throws {
        try self.init(context, configuration: Self.configuration(context))
    }

    init(_ context: OperationContext, configuration: Configuration?) {
        (self.context, self.configuration) = (context, configuration)
        search = .with(configuration, context.installation)
    }

    /// The configuration, where there is one.
    static func configuration(_ context: OperationContext) throws -> Configuration? {
        guard let file = try? Configuration.find(context.file, environment: context.environment) else { return nil }
        do throws(ConfigurationError) {
            return try Corrections.reading { corrections throws(ConfigurationError) in
                try Configuration(file: file, corrections)
            }
        } catch { throw OperationFailure(error) }
    }

    /// Where plugins are looked for.
    package var directories: [String] { search.directories }

    func admission() throws -> Admission { try .with(configuration, context.installation) }

    /// A plugin by its ID.
    func find(_ id: String) throws -> Plugin {
        do throws(PluginError) { return try search.find(id) } catch {
            throw OperationFailure(.configuration, error.description)
        }
    }

    /// All plugins.
    package func list() throws -> [Entry] {
        let admission = try admission()
        return search.all().map { id, found in
            let plugin: Plugin
            do throws(PluginError) { plugin = try found.get() } catch {
                return Entry(id: id, summary: "", pinned: .no, problem: error.description)
            }
            var entry = Entry(
                id: id, version: plugin.manifest.version, summary: plugin.manifest.summary, library: plugin.library,
                pinned: .no)
            guard admission.pin(for: plugin) != nil else { return entry }
            do throws(PluginError) {
                _ = try admission.admit(plugin)
                entry.pinned = .yes
            } catch { (entry.pinned, entry.problem) = (.changed(error.description), error.description) }
            return entry
        }
    }

    /// The JSON Schema of `keyturn.yaml`. Plugins that cannot be used are left out, which the log says.
    package func schema() -> String {
        var plugins: [Manifest] = []
        for (id, plugin) in search.all() {
            switch plugin {
            case .success(let plugin): plugins.append(plugin.manifest)
            case .failure(let error): context.log.warn("\(id) is left out: \(error.description)")
            }
        }
        return ConfigurationSchema(plugins: plugins.sorted { $0.id < $1.id }).json.prettyText + "\n"
    }
}

/// A plugin's error as that of an operation.
func explained<Value>(_ body: () throws(PluginError) -> Value) throws -> Value {
    do throws(PluginError) { return try body() } catch { throw OperationFailure(.failed, error.description) }
}
