internal import Configuration
internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PusherHost

extension PluginSearch {
    /// The configured directories, then the installed one. Works without a configuration too.
    static func with(_ configuration: Configuration?, _ installation: Installation) -> PluginSearch {
        PluginSearch(directories: (configuration?.pluginPath ?? []) + [installation.pushers])
    }
}

extension Admission {
    /// The pins in force. Without a configuration the operator's lock is that of the working directory.
    static func with(_ configuration: Configuration?, _ installation: Installation) throws -> Admission {
        do throws(PluginError) {
            let lock = try LockFile(path: configuration?.lock ?? "keyturn.lock")
            return try Admission(lock: lock, shipped: installation.pushers)
        } catch { throw OperationFailure(.configuration, error.description) }
    }
}

extension LoadedConfiguration {
    static func findPlugins(
        _ configuration: Configuration, _ installation: Installation
    ) throws(ConfigurationError) -> [String: Plugin] {
        var plugins: [String: Plugin] = [:]
        for pusher in configuration.pushers where plugins[pusher.plugin] == nil {
            do throws(PluginError) {
                plugins[pusher.plugin] = try PluginSearch.with(configuration, installation).find(pusher.plugin)
            } catch {
                let position = configuration.position(ofPusher: pusher.name)
                throw ConfigurationError(
                    file: position.file, line: position.line, "`pushers.\(pusher.name)`: \(error.description)")
            }
        }
        return plugins
    }

    /// The plugins whose manifest is pinned, their patterns checked.
    static func findPinned(
        _ plugins: [String: Plugin], _ configuration: Configuration, _ installation: Installation
    ) throws(ConfigurationError) -> Set<String> {
        // A lock file that cannot be read pins nothing; the commands that load plugins say what is wrong with it.
        guard let admission = try? Admission.with(configuration, installation) else { return [] }
        var pinned: Set<String> = []
        for (id, plugin) in plugins where admission.vouches(for: plugin) {
            if let fault = plugin.patternFault {
                let pusher = configuration.pushers.first { $0.plugin == id }?.name ?? id
                let position = configuration.position(ofPusher: pusher)
                throw ConfigurationError(
                    file: position.file, line: position.line, "`pushers.\(pusher)`: \(fault)")
            }
            pinned.insert(id)
        }
        return pinned
    }

    /// Lets plugins in whose files are those that were pinned.
    func admit(_ ids: Set<String>) throws -> [String: AdmittedPlugin] {
        let admission = try Admission.with(configuration, context.installation)
        var admitted: [String: AdmittedPlugin] = [:]
        for id in ids.sorted() {
            guard let plugin = plugins[id] else { continue }
            do throws(PluginError) { admitted[id] = try admission.admit(plugin) } catch {
                throw OperationFailure(.notAllowed, error.description)
            }
        }
        return admitted
    }
}

extension PluginDescription {
    /// - Parameter isPinned: false: the schemas count without their patterns.
    init(_ manifest: Manifest, isPinned: Bool) {
        self.init(
            configuration: isPinned ? manifest.configuration : manifest.configuration.withoutPatterns,
            target: isPinned ? manifest.target : manifest.target.withoutPatterns, secrets: manifest.secrets,
            place: manifest.place, exclusive: manifest.exclusive, shapes: manifest.shapes,
            limits: PaceRules.limitsSchema, usesAWS: !manifest.asks.aws.isEmpty)
    }
}
