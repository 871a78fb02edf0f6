internal import Configuration
internal import FoundationEssentials
internal import PusherHost

extension PluginSearch {
    /// The configured directories, then the installed one. Works without a configuration too.
    static func with(_ configuration: Configuration?) -> PluginSearch {
        PluginSearch(directories: (configuration?.pluginPath ?? []) + [Installation.current.pushers])
    }
}

extension Admission {
    /// The pins in force. Without a configuration there is no operator's lock but one that is named.
    static func with(_ configuration: Configuration?, lock: String? = nil) throws -> Admission {
        do throws(PluginError) {
            let lock = try LockFile(path: lock ?? configuration?.lock ?? "keyturn.lock")
            return try Admission(lock: lock, shipped: Installation.current.pushers)
        } catch { throw CommandFailure(.configuration, error.description) }
    }
}

extension Workspace {
    /// Lets plugins in whose files are those that were pinned.
    func admit(_ ids: Set<String>) throws -> [String: AdmittedPlugin] {
        let admission = try Admission.with(configuration)
        var admitted: [String: AdmittedPlugin] = [:]
        for id in ids.sorted() {
            guard let plugin = plugins[id] else { continue }
            do throws(PluginError) { admitted[id] = try admission.admit(plugin) } catch {
                throw CommandFailure(.notAllowed, error.description)
            }
        }
        return admitted
    }
}
