internal import FileTrust
internal import FoundationEssentials
package import JSON
internal import JSONSchema
internal import PusherConformance
internal import PusherHost

/// For authors: makes a package of a plugin's directory.
package struct PluginPacking {
    /// The package's path.
    package let path: String
    package let id: String
    package let version: String
    /// SHA-256 of the package, in hexadecimal.
    package let hash: String
    /// Bytes of the package.
    package let size: Int
    /// The files in it.
    package let files: [String]
    /// The public key in base64.
    package let publicKey: String

    /// Bytes of a file that is neither library nor manifest.
    private static let textLimit = 4 << 20

    /// Packs, signs, and writes the package. The same files and the same key give the same bytes.
    ///
    /// - Parameters:
    ///   - directory: with `pusher.so` and `manifest.json`; of what else is there, README.md, LICENSE, conformance.json and sbom.cdx.json
    ///     are taken.
    ///   - key: the file of the private key, which is made where there is none.
    ///   - output: the directory that the package is written to.
    package init(directory: String, key: String, output: String) throws {
        let directory = URL(fileURLWithPath: directory).path
        let plugin = try explained { () throws(PluginError) in try Plugin(directory: directory) }
        let library = try explained { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let manifest = plugin.manifest
        let key = try SigningKey(file: key)
        var contents: [(file: PackageFile, content: [UInt8])] = []
        for file in PackageFile.allCases {
            if let content = try Self.content(file, plugin, library, key) { contents.append((file, content)) }
        }
        let list = PackageList(
            id: manifest.id, version: manifest.version, signer: key.publicKey,
            files: contents.map { PackageList.File($0.file, $0.content) })
        let first = [(PackageFile.list, Array(list.text.utf8)), (PackageFile.listSignature, key.sign(list.text))]
        let bytes = TarArchive.bytes(
            (first + contents.map { ($0.file.rawValue, $0.content) }).map { ("\(manifest.id)/\($0.0)", $0.1) })
        // What is not taken by an operator's keyturn is found here, and not there.
        let packed: PluginPackage
        do { packed = try PluginPackage(bytes, in: directory) { _ in } } catch let fault as PackageFault {
            throw OperationFailure(.failed, "\(directory) is not packed: \(fault.description)")
        }
        path = "\(output == "." ? "" : "\(output)/")\(manifest.id)-\(manifest.version).tar"
        do throws(DurableFile.Failure) { try DurableFile.write(bytes, to: path, mode: 0o644) } catch {
            throw OperationFailure(.failed, "\(path) cannot be written: \(error)")
        }
        (id, version, hash, size) = (manifest.id, manifest.version, packed.hash, packed.size)
        files = contents.map(\.file.rawValue)
        publicKey = key.publicKey
    }

    private static func content(
        _ file: PackageFile, _ plugin: Plugin, _ library: SealedLibrary, _ key: SigningKey
    ) throws -> [UInt8]? {
        let path = "\(plugin.directory)/\(file.rawValue)"
        switch file {
        // One that lies there may be of another version.
        case .signature: return key.sign(Pin.signedText(plugin, library))
        case .library: return try BoundedFile.read(path, limit: TarArchive.sizeLimit)
        case .manifest: return try BoundedFile.read(path, limit: textLimit)
        case .conformance, .readme, .license:
            return FileManager.default.fileExists(atPath: path) ? try BoundedFile.read(path, limit: textLimit) : nil
        case .bill:
            guard FileManager.default.fileExists(atPath: path) else {
                return Array((BillOfMaterials.make(plugin, library).prettyText + "\n").utf8)
            }
            return try BoundedFile.read(path, limit: textLimit)
        }
    }

    /// `plugin pack --json`.
    package var json: JSONValue {
        .object([
            "package": .string(path), "id": .string(id), "version": .string(version), "sha256": .string(hash),
            "size": .integer(Int64(size)), "files": .array(files.map(JSONValue.string)),
            "signer": .string("ed25519:\(publicKey)"),
        ])
    }
}
