internal import FoundationEssentials
internal import PusherHost

/// Brings back the version of a plugin that an upgrade has replaced.
package struct PluginRollback {
    package let change: PluginChange
    private let id: String
    private let installed: InstalledPlugins
    /// The directory above the plugin's.
    private let directory: String
    private let pin: Pin
    /// The pin of the version in place; nil: it cannot be brought back.
    private let current: Pin?

    /// Looks at the version that was kept. Changes nothing.
    package init(_ context: OperationContext, id: String, directory: String?, lock: String?) throws {
        installed = try InstalledPlugins(try PluginCatalog(context), lock: lock, directory: directory)
        self.id = id
        guard let place = try installed.directory(of: id) else {
            throw OperationFailure(
                .failed,
                "\(id) is not installed in \(installed.directories.joined(separator: ", ")); nothing was changed")
        }
        self.directory = place
        let former = "\(place)/.former/\(id)"
        guard let kept = installed.lock.former[id], let side = InstalledPlugins.side(former) else {
            throw OperationFailure(
                .failed,
                "no former version of \(id) was kept in \(former); nothing was changed. keyturn plugin upgrade with --allow-downgrade takes the package of an older version"
            )
        }
        guard kept.library == side.library.hash, kept.manifest == side.plugin.manifestHash else {
            throw OperationFailure(
                .notAllowed,
                "the files in \(former) are not those that \(installed.lock.path) has pinned; nothing was changed")
        }
        if let obstacle = side.library.obstacle(in: context.installation) {
            throw OperationFailure(
                .configuration, "\(former)/pusher.so cannot be loaded on this machine: \(obstacle); nothing was changed"
            )
        }
        let before = InstalledPlugins.side("\(place)/\(id)")
        let was = installed.lock.pins[id]
        let grants = Self.grants(
            of: kept, asks: side.plugin.manifest.asks, was: was?.grants ?? Grants(),
            wasAsked: before?.plugin.manifest.asks ?? Grants())
        pin = Pin(side.plugin, side.library, grants: grants, signer: kept.signer)
        current = before.flatMap(installed.pin)
        var after = side
        after.plugin.directory = "\(place)/\(id)"
        change = PluginChange(from: before, to: after, pin: pin, was: was, lock: installed.lock.path)
    }

    /// What it is granted: what was granted to this very version, but not what the operator has taken from the one that replaced it.
    ///
    /// - Parameters:
    ///   - was: what the version in place is granted.
    ///   - wasAsked: what that asks for.
    static func grants(of kept: Pin, asks: Grants, was: Grants, wasAsked: Grants) -> Grants {
        let taken = wasAsked.subtracting(was)
        return kept.grants.subtracting(taken).joined(with: was.covered(by: asks)).covered(by: asks)
    }

    /// Puts it in place.
    package func run() throws {
        let store = try PluginStore(path: directory)
        let before = try installed.unchangedLock()
        var lock = before
        lock.pins[id] = pin
        lock.former[id] = current
        // It is an order to go below the lowest version that was taken until now.
        if let signer = lock.signers[id] { lock.signers[id] = TrustedSigner(key: signer.key, lowest: pin.version) }
        // The pin comes first: the version in place is newer than it, so its signature vouches for it in the moment between.
        try explained { () throws(PluginError) in try lock.save() }
        do { try store.swap(id) } catch {
            try? before.save()
            throw error
        }
    }
}
