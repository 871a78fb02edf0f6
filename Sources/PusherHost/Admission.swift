internal import FileTrust

/// A plugin that may be loaded: its files are those that the operator has allowed.
public struct AdmittedPlugin: Sendable {
    /// The plugin.
    public var plugin: Plugin
    /// The library, in sealed memory.
    public var library: SealedLibrary
    /// What it may do.
    public var grants: Grants
    /// Whether it is one that came with keyturn: the lock that came with it pins the same content, whatever it grants.
    public var isOwn: Bool
    /// Whether that lock grants the same too.
    public var isShipped: Bool
}

extension AdmittedPlugin {
    /// What to type where it was refused something.
    ///
    /// - Parameter kind: the grant that it lacked, as `keyturn plugin pin --grant` takes it, which is named where the plugin asks for
    ///   more of that kind than it has; nil: it is not known.
    func refusalAdvice(_ kind: String? = nil) -> String {
        let id = plugin.manifest.id
        let look = "`keyturn plugin info \(id)` shows what it asks for and what it is granted"
        guard let kind, plugin.manifest.asks.subtracting(grants).kinds.contains(kind) else { return look }
        return "\(look); if it is to have that, `keyturn plugin pin \(id) --grant \(kind)`"
    }
}

/// The pins in force: the operator's lock file, and the one that came with the installed plugins.
public struct Admission: Sendable {
    /// The operator's.
    public var lock: LockFile
    /// Directories whose plugins came with a lock of their own.
    public var shipped: [String: LockFile]

    /// - Parameters:
    ///   - lock: the operator's lock file; its pins come first.
    ///   - shipped: a directory of plugins that were installed with keyturn, which has a `keyturn.lock`.
    public init(lock: LockFile, shipped directory: String) throws(PluginError) {
        self.lock = lock
        shipped = [directory: try LockFile(path: "\(directory)/keyturn.lock")]
    }

    /// The pin for a plugin, and the file that has it.
    public func pin(for plugin: Plugin) -> (pin: Pin, lock: LockFile)? {
        if let pin = lock.pins[plugin.manifest.id] { return (pin, lock) }
        guard let lock = shipped[plugin.parent], let pin = lock.pins[plugin.manifest.id] else { return nil }
        return (pin, lock)
    }

    /// Whether a plugin's manifest is one that was allowed: by its content, or by its signer.
    public func vouches(for plugin: Plugin) -> Bool {
        guard let pin = pin(for: plugin)?.pin else { return false }
        if pin.manifest == plugin.manifestHash { return true }
        // A signature is of the library too. One that cannot be read vouches for nothing.
        guard pin.signer != nil, let library = try? SealedLibrary(path: plugin.library) else { return false }
        return pin.differences(from: plugin, library).isEmpty
    }

    /// Lets a plugin in, or says why not.
    public func admit(_ plugin: Plugin) throws(PluginError) -> AdmittedPlugin {
        let id = plugin.manifest.id
        guard let (pin, lock) = pin(for: plugin) else {
            throw PluginError(
                "plugin `\(id)` is not loaded: \(self.lock.path) has no pin for \(plugin.library). `keyturn plugin info \(id)` shows what it asks for, and `keyturn plugin pin \(id)` allows it"
            )
        }
        for path in [lock.path, "\(plugin.directory)/manifest.json", plugin.library] {
            if let problem = Ownership.problem(of: path) {
                throw PluginError("plugin `\(id)` is not loaded: \(problem)")
            }
        }
        let library = try SealedLibrary(path: plugin.library)
        let differences = pin.differences(from: plugin, library)
        guard differences.isEmpty else {
            throw PluginError(
                "plugin `\(id)` is not loaded, since it is not the one that \(lock.path) pins: \(differences.joined(separator: "; ")). If you know why it changed, `keyturn plugin pin \(id)` allows it; `keyturn plugin info \(id)` shows the difference"
            )
        }
        let own = shipped[plugin.parent]?.pins[id]
        let isOwn = own.map { $0.library == library.hash && $0.manifest == plugin.manifestHash } ?? false
        return AdmittedPlugin(
            plugin: plugin, library: library, grants: pin.grants, isOwn: isOwn,
            isShipped: isOwn && own?.grants == pin.grants)
    }
}
