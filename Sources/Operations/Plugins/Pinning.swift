internal import Configuration
internal import FoundationEssentials
internal import PusherConformance
internal import PusherHost

/// Allows plugins: writes what their files are, and what they may do, to a lock file.
package struct Pinning {
    /// What is wanted.
    package struct Request: Sendable {
        package var ids: [String] = []
        /// Whether the installed plugins and the lock file next to them are meant.
        package var installed = false
        /// What is granted of that which the manifests ask for.
        package var grants: [GrantOption] = []
        /// Of the files that are granted, those in these directories alone; none: all that the manifests ask for.
        package var folders: [String] = []
        /// An Ed25519 public key (base64); nil: the one that is pinned is kept.
        package var signer: String?
        package var forgetsSigner = false
        package var allowsDowngrade = false
        /// nil: the configuration's, else that of the working directory.
        package var lock: String?
        /// Whether nothing is written.
        package var isDryRun = false

        package init() {}
    }

    private let request: Request
    private let catalog: PluginCatalog

    package init(_ context: OperationContext, _ request: Request) throws {
        self.request = request
        catalog = PluginCatalog(
            context, configuration: request.installed ? nil : try PluginCatalog.configuration(context))
    }

    /// Pins the plugins, unless nothing is to be written.
    ///
    /// - Returns: the lock file, and what is different in it.
    package func run() throws -> (lock: String, changes: [PinChange]) {
        let installation = catalog.context.installation
        let path =
            request.installed ? "\(installation.pushers)/keyturn.lock" : catalog.configuration?.lock ?? "keyturn.lock"
        var file = try explained { () throws(PluginError) in try LockFile(path: request.lock ?? path) }
        var changes: [PinChange] = []
        for id in request.ids {
            changes.append(try makeChange(try catalog.find(id), before: file.pins[id], in: file.path))
        }
        if !request.isDryRun {
            for change in changes {
                let id = change.plugin.manifest.id
                file.pins[id] = change.pin
                // Who signs a plugin is one decision, also for its packages.
                if request.forgetsSigner { file.signers[id] = nil }
                if let signer = request.signer {
                    file.signers[id] = TrustedSigner(key: signer, lowest: change.pin.version)
                } else if request.allowsDowngrade, let signer = file.signers[id] {
                    file.signers[id] = TrustedSigner(key: signer.key, lowest: change.pin.version)
                }
            }
            try explained { () throws(PluginError) in try file.save() }
        }
        return (file.path, changes)
    }

    private func makeChange(_ plugin: Plugin, before: Pin?, in lock: String) throws -> PinChange {
        let library = try explained { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let refusal = "plugin `\(plugin.manifest.id)` is not pinned"
        if let obstacle = library.obstacle(in: catalog.context.installation) {
            throw OperationFailure(
                .configuration, "\(refusal): \(plugin.library) cannot be loaded on this machine: \(obstacle)")
        }
        if let fault = plugin.patternFault { throw OperationFailure(.configuration, "\(refusal): \(fault)") }
        let path = "\(plugin.directory)/manifest.json"
        let text = FileManager.default.contents(atPath: path) ?? Data()
        if let fault = ManifestRules.faults(in: Array(text)).first {
            throw OperationFailure(.configuration, "\(refusal): \(path): \(fault)")
        }
        if let before, before.isNewer(than: plugin), !request.allowsDowngrade {
            throw OperationFailure(
                .notAllowed,
                "\(refusal): its version \(plugin.manifest.version) is older than \(before.version), which \(lock) pins. --allow-downgrade pins it"
            )
        }
        let asks = plugin.manifest.asks
        var grants =
            before.map { asks.succeeding($0.grants, naming: request.grants) } ?? asks.limited(to: request.grants)
        if request.grants.contains(.files) {
            do throws(FolderGrant.Refusal) {
                grants = try FolderGrant(request.folders).narrowed(grants, keeping: before?.grants)
            } catch {
                throw OperationFailure(error.status, "\(refusal): \(error.words(plugin.manifest.id))")
            }
        }
        let signer = request.forgetsSigner ? nil : request.signer ?? before?.signer
        return PinChange(
            plugin: plugin, pin: Pin(plugin, library, grants: grants, signer: signer), before: before)
    }
}
