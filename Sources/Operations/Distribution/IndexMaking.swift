internal import Engine
internal import FileTrust
internal import FoundationEssentials
package import JSON
internal import PusherHost
internal import Rotation

/// Makes the index of a directory of packages.
package struct IndexMaking {
    /// The index's path.
    package let path: String
    package let publicKey: String
    /// Plugins, with their versions in order.
    package let plugins: [(id: String, versions: [String])]
    /// Until when it is believed, as RFC 3339.
    package let expires: String

    private static let packageLimit = 4_096

    /// Reads the packages, and writes `index.json` next to them.
    ///
    /// - Parameters:
    ///   - base: the URL of the directory; nil: the index's own.
    ///   - lasting: how long the index is believed.
    package init(
        _ context: OperationContext, directory: String, key: String, base: String?, lasting: Duration
    ) throws {
        let directory = URL(fileURLWithPath: directory).path
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
            .filter { $0.hasSuffix(".tar") && !$0.hasPrefix(".") }
        guard (1...Self.packageLimit).contains(names.count) else {
            throw OperationFailure(
                .failed,
                "\(directory) has \(names.count) packages (.tar), and an index has 1 to \(Self.packageLimit); nothing was written"
            )
        }
        let key = try SigningKey(file: key)
        let prefix = base.map { $0.hasSuffix("/") ? $0 : "\($0)/" } ?? ""
        var index = PluginIndex(plugins: [:], expires: context.clock.now + lasting)
        for name in names {
            let (id, version, release) = try Self.release("\(directory)/\(name)", url: prefix + name)
            guard index.plugins[id, default: [:]].updateValue(release, forKey: version) == nil else {
                throw OperationFailure(
                    .failed, "\(directory)/\(name): another package there has \(id) \(version) too; nothing was written"
                )
            }
        }
        path = "\(directory)/index.json"
        let text = index.document(key).prettyText + "\n"
        do throws(DurableFile.Failure) { try DurableFile.write(Array(text.utf8), to: path, mode: 0o644) } catch {
            throw OperationFailure(.failed, "\(path) cannot be written: \(error)")
        }
        publicKey = key.publicKey
        expires = Moment.text(index.expires)
        plugins = index.plugins.sorted { $0.key < $1.key }.map { ($0.key, Self.sorted(Array($0.value.keys))) }
    }

    private static func release(
        _ path: String, url: String
    ) throws -> (id: String, version: String, release: PluginIndex.Release) {
        let bytes = try BoundedFile.read(path, limit: TarArchive.sizeLimit)
        do {
            let packed = try PluginPackage(bytes, in: path) { _ in }
            let release = PluginIndex.Release(url: url, hash: packed.hash, signer: packed.list.signer)
            return (packed.list.id, packed.list.version, release)
        } catch let fault as PackageFault {
            throw OperationFailure(.failed, "\(path): \(fault.description); nothing was written")
        }
    }

    private static func sorted(_ versions: [String]) -> [String] {
        versions.compactMap { text in SemanticVersion(text).map { (text, $0) } }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// `plugin index --json`.
    package var json: JSONValue {
        .object([
            "index": .string(path), "signer": .string("ed25519:\(publicKey)"), "expires": .string(expires),
            "plugins": .object(
                Dictionary(uniqueKeysWithValues: plugins.map { ($0.id, .array($0.versions.map(JSONValue.string))) })),
        ])
    }
}
