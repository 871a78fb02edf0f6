internal import Configuration
internal import FoundationEssentials
internal import HTTP
internal import PlainText
internal import PusherHost

/// Installs a plugin from a package, or replaces an installed one by another version.
///
/// Installing, granting and using a plugin are three decisions: this pins the files and grants nothing that was not granted before;
/// `keyturn plugin pin --grant` grants, and a pusher in the configuration uses it.
package struct PluginInstalling {
    /// What is wanted.
    package struct Request: Sendable {
        /// A file, a URL, or a name in an index.
        package var source: String
        /// Whether an installed plugin is to be replaced.
        package var isUpgrade = false
        /// The Ed25519 public key that the package must be signed with (base64); nil: the one that is trusted.
        package var signer: String?
        /// SHA-256 that the package must have, in hexadecimal.
        package var hash: String?
        /// The URL of an index, in place of the configured ones.
        package var index: String?
        /// The key that signs the index (base64); nil: the configured one.
        package var indexSigner: String?
        /// Where plugins are; nil: the first directory of `plugins.path`, else the installed one.
        package var directory: String?
        /// nil: the configuration's, else that of the working directory.
        package var lock: String?
        package var allowsDowngrade = false

        package init(source: String) { self.source = source }
    }

    /// A package that was checked, and what installing it would change.
    package struct Prepared {
        package let change: PluginChange
        let contents: PluginPackage
        let pin: Pin
        /// The pin of the version that it replaces; nil: there is none that can be brought back.
        let former: Pin?
    }

    private let context: OperationContext
    private let request: Request
    private let installed: InstalledPlugins

    package init(_ context: OperationContext, _ request: Request) throws {
        (self.context, self.request) = (context, request)
        installed = try InstalledPlugins(
            try PluginCatalog(context), lock: request.lock, directory: request.directory)
    }

    /// Gets the package and checks it: first signature and signer, then what is in it. Changes nothing.
    package func prepare() async throws -> Prepared {
        var options = HTTPClient.Options()
        options.authorities = installed.catalog.configuration?.authorities
        let http = HTTPClient(options)
        defer { http.stop() }
        let fetched = try await fetch(PackageFetcher(context: context, http: http))
        do { return try judge(fetched) } catch let fault as PackageFault {
            throw OperationFailure(
                .failed, Sentences.joined("\(fetched.source): \(fault.description)", "Nothing was changed"))
        } catch let refusal as PackageTrust.Refusal {
            throw OperationFailure(
                .notAllowed, Sentences.joined("\(fetched.source): \(refusal.description)", "Nothing was changed"))
        }
    }

    /// Writes the files, puts them in place, and pins them.
    package func install(_ prepared: Prepared) throws {
        let (change, list) = (prepared.change, prepared.contents.list)
        guard !change.isNothing else { return }
        let store = try PluginStore(path: URL(fileURLWithPath: change.directory).deletingLastPathComponent().path)
        var lock = try installed.unchangedLock()
        let hasFormer = PluginStore.exists(store.directory(of: list.id))
        try store.stage(list.id, prepared.contents.files.map { ($0.file.rawValue, $0.content) })
        try store.commit(list.id)
        // The pin comes second: until it is written, the signature vouches for a newer version of a pinned signer, and keyturn goes on.
        lock.pins[list.id] = prepared.pin
        lock.former[list.id] = prepared.former
        lock.signers[list.id] = TrustedSigner(key: list.signer, lowest: list.version)
        do throws(PluginError) { try lock.save() } catch {
            try? store.undo(list.id, hasFormer: hasFormer)
            throw OperationFailure(.failed, "\(error.description); the plugins are as they were")
        }
    }

    // MARK: Getting it

    private func fetch(_ fetcher: PackageFetcher) async throws -> FetchedPackage {
        switch PackageSource(request.source) {
        case .file(let path): return try await fetcher.get(path)
        case .url(let url): return try await fetcher.get(url)
        case .name(let id, let version):
            return try await fetcher.get(try await fetcher.find(id, version: version, in: try indexes()))
        }
    }

    private func indexes() throws -> [AskedIndex] {
        let configured = installed.catalog.configuration?.pluginIndexes ?? []
        guard let url = request.index else {
            guard !configured.isEmpty else {
                throw OperationFailure(
                    .configuration,
                    "\(PlainText.line(request.source, limit: 200)) is neither a file nor a URL, and no index is configured: name one with --index and --index-signer, or in `plugins: { indexes: [{ url, signer }] }`"
                )
            }
            return configured.map { AskedIndex(url: $0.url, signer: $0.signer) }
        }
        guard let signer = request.indexSigner ?? configured.first(where: { $0.url == url })?.signer else {
            throw OperationFailure(
                .configuration, "\(url): name the key that signs this index: --index-signer, or `plugins.indexes`")
        }
        return [AskedIndex(url: url, signer: signer)]
    }

    // MARK: Judging it

    private func judge(_ fetched: FetchedPackage) throws -> Prepared {
        let hash = fetched.bytes.withUnsafeBytes { SHA256.hex(of: $0) }
        for wanted in [request.hash?.lowercased(), fetched.hash].compactMap(\.self) where wanted != hash {
            throw PackageFault("its SHA-256 is \(hash), and \(wanted) was expected")
        }
        let trust = PackageTrust(
            lock: installed.lock, named: request.signer, index: fetched.index, allowsDowngrade: request.allowsDowngrade)
        var ground = PackageTrust.Ground.named
        var directory = ""
        let contents = try PluginPackage(fetched.bytes, in: installed.newDirectory) { list in
            ground = try trust.judge(list)
            try installed.refuseOwn(list.id)
            directory = try place(of: list.id)
        }
        if let obstacle = contents.library.obstacle(in: context.installation) {
            throw OperationFailure(
                .configuration,
                "\(fetched.source): it cannot be loaded on this machine: \(obstacle). Nothing was changed")
        }
        return try prepare(contents, ground, fetched.source, "\(directory)/\(contents.list.id)")
    }

    /// The directory above the plugin's.
    private func place(of id: String) throws -> String {
        let found = try installed.directory(of: id)
        guard !request.isUpgrade || found != nil else {
            let list = installed.directories.joined(separator: ", ")
            throw OperationFailure(
                .failed,
                "\(id) is not installed in \(list): keyturn plugin install \(request.source). Nothing was changed")
        }
        return found ?? installed.newDirectory
    }

    private func prepare(
        _ contents: PluginPackage, _ ground: PackageTrust.Ground, _ source: String, _ directory: String
    ) throws -> Prepared {
        var plugin = contents.plugin
        plugin.directory = directory
        let (before, was) = (InstalledPlugins.side(directory), installed.lock.pins[contents.list.id])
        let asks = plugin.manifest.asks
        let grants = was.map { asks.succeeding($0.grants, naming: []) } ?? Grants()
        let pin = Pin(plugin, contents.library, grants: grants, signer: contents.list.signer)
        let after = PluginChange.Side(
            plugin: plugin, library: contents.library, size: contents.files.reduce(0) { $0 + $1.content.count })
        var change = PluginChange(from: before, to: after, pin: pin, was: was, lock: installed.lock.path)
        (change.source, change.hash, change.ground) = (source, contents.hash, words(ground))
        let former = before.flatMap(installed.pin)
        change.kept = former?.version
        guard request.isUpgrade || change.isNothing || !PluginStore.exists(directory) else {
            let version = before.map { " \($0.plugin.manifest.version)" } ?? ""
            throw OperationFailure(
                .failed,
                "\(plugin.manifest.id)\(version) is in \(directory): keyturn plugin upgrade \(request.source) replaces it. Nothing was changed"
            )
        }
        return Prepared(change: change, contents: contents, pin: pin, former: former)
    }

    private func words(_ ground: PackageTrust.Ground) -> String {
        switch ground {
        case .named: "named by --signer"
        case .lock: "trusted by \(installed.lock.path)"
        case .index(let url): "named by the index \(url)"
        }
    }
}
