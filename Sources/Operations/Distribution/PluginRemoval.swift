internal import Configuration
internal import FoundationEssentials
package import JSON
internal import PusherHost

/// Removes an installed plugin, its former version and its pin.
package struct PluginRemoval {
    package let id: String
    /// The version that is removed; nil: its files are missing, or cannot be read.
    package let version: String?
    /// The plugin's directory; nil: there is none, only a pin.
    package let directory: String?
    package let lock: String
    /// Whether its signer stays trusted, from the removed version on.
    package let keepsSigner: Bool
    private let installed: InstalledPlugins
    private let parent: String?

    /// Looks whether it can be removed. Changes nothing.
    ///
    /// - Parameter forgetsSigner: whether its signer and the lowest version are forgotten too.
    package init(
        _ context: OperationContext, id: String, directory: String?, lock: String?, forgetsSigner: Bool
    ) throws {
        let catalog = try PluginCatalog(context)
        installed = try InstalledPlugins(catalog, lock: lock, directory: directory)
        try installed.refuseOwn(id)
        let users = (catalog.configuration?.pushers ?? []).filter { $0.plugin == id }.map(\.name)
        guard users.isEmpty else {
            let list = users.map { "`pushers.\($0)`" }.joined(separator: ", ")
            throw OperationFailure(
                .failed,
                "\(id) is used by \(list) in \(catalog.configuration?.file ?? ""); nothing was removed. Take \(users.count == 1 ? "it" : "them") out of the configuration first"
            )
        }
        parent = try installed.directory(of: id)
        self.id = id
        self.lock = installed.lock.path
        self.directory = parent.map { "\($0)/\(id)" }
        guard parent != nil || installed.lock.pins[id] != nil || forgetsSigner && installed.lock.signers[id] != nil
        else {
            throw OperationFailure(
                .failed,
                "\(id) is not installed in \(installed.directories.joined(separator: ", ")), and \(installed.lock.path) has no pin for it; nothing was removed"
            )
        }
        version =
            self.directory.flatMap { try? Plugin(directory: $0) }?.manifest.version ?? installed.lock.pins[id]?.version
        keepsSigner = !forgetsSigner && installed.lock.signers[id] != nil
    }

    /// Removes it.
    package func run() throws {
        let store = try parent.map { try PluginStore(path: $0) }
        var lock = try installed.unchangedLock()
        lock.pins[id] = nil
        lock.former[id] = nil
        if !keepsSigner { lock.signers[id] = nil }
        // Without a pin it is not loaded, whatever becomes of its files.
        if FileManager.default.fileExists(atPath: lock.path) {
            try explained { () throws(PluginError) in try lock.save() }
        }
        try store?.delete(id)
    }

    /// `plugin remove --json`.
    ///
    /// - Parameter isWritten: whether it was done.
    package func json(isWritten: Bool) -> JSONValue {
        .object([
            "id": .string(id), "version": version.map { .string($0) } ?? .null,
            "directory": directory.map { .string($0) } ?? .null, "lock": .string(lock),
            "signer-kept": .bool(keepsSigner), "written": .bool(isWritten),
        ])
    }
}
