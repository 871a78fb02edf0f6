internal import Configuration
internal import FileTrust
internal import FoundationEssentials
internal import Glibc
internal import PusherHost

/// The plugins that are installed, as the commands that change them see them.
struct InstalledPlugins {
    let catalog: PluginCatalog
    /// The operator's lock file.
    let lock: LockFile
    /// Where plugins are looked for.
    let directories: [String]
    /// The directory that the command names; nil: none.
    private let named: String?

    init(_ catalog: PluginCatalog, lock: String?, directory: String?) throws {
        self.catalog = catalog
        named = directory.map { URL(fileURLWithPath: $0).path }
        directories = (named.map { [$0] } ?? []) + catalog.search.directories
        let path = lock ?? catalog.configuration?.lock ?? "keyturn.lock"
        if FileManager.default.fileExists(atPath: path), let problem = Ownership.problem(of: path) {
            throw OperationFailure(.notAllowed, "nothing was changed: \(problem)")
        }
        self.lock = try explained { () throws(PluginError) in try LockFile(path: path) }
    }

    /// The lock file as it is now, which must be as it was: a person was asked about that.
    func unchangedLock() throws -> LockFile {
        let now = try explained { () throws(PluginError) in try LockFile(path: lock.path) }
        guard now.pins == lock.pins, now.former == lock.former, now.signers == lock.signers else {
            throw OperationFailure(
                .unfinished, "\(lock.path) was changed in the meantime; nothing was changed, try again")
        }
        return now
    }

    /// The directory that has a plugin of that ID; nil: none has.
    func directory(of id: String) throws -> String? {
        let found = directories.first { PluginStore.exists("\($0)/\(id)") }
        if let named, let found, found != named {
            throw OperationFailure(.failed, "\(id) is installed in \(found), and not in \(named); nothing was changed")
        }
        return found
    }

    /// Where a new plugin goes.
    var newDirectory: String {
        named ?? catalog.configuration?.pluginPath.first ?? catalog.context.installation.pushers
    }

    /// Refuses what came with keyturn.
    func refuseOwn(_ id: String) throws {
        let pushers = catalog.context.installation.pushers
        let shipped = try explained { () throws(PluginError) in try LockFile(path: "\(pushers)/keyturn.lock") }
        guard shipped.pins[id] == nil else {
            throw OperationFailure(
                .failed,
                "\(id) comes with keyturn, in \(pushers), and is replaced with keyturn itself; nothing was changed")
        }
    }

    /// What is in a plugin's directory; nil: nothing that can be used.
    static func side(_ directory: String) -> PluginChange.Side? {
        guard let plugin = try? Plugin(directory: directory), let library = try? SealedLibrary(path: plugin.library)
        else { return nil }
        return PluginChange.Side(plugin: plugin, library: library, size: size(directory))
    }

    private static func size(_ directory: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.reduce(0) { sum, name in
            var attributes = stat()
            guard lstat("\(directory)/\(name)", &attributes) == 0 else { return sum }
            return sum + Int(attributes.st_size)
        }
    }

    /// The pin of files that are in place, as they are; nil: they are not those that were pinned.
    func pin(of side: PluginChange.Side) -> Pin? {
        guard let pin = lock.pins[side.plugin.manifest.id], pin.differences(from: side.plugin, side.library).isEmpty
        else { return nil }
        return Pin(side.plugin, side.library, grants: pin.grants, signer: pin.signer)
    }
}
