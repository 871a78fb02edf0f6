internal import FoundationEssentials
internal import PlainText
internal import PusherConformance
internal import PusherHost

/// Why a file is not a package that can be installed.
struct PackageFault: Error, Hashable {
    /// A clause: "its signature is wrong".
    var description: String
    init(_ description: String) { self.description = description }
}

/// A plugin in one signed file, as `keyturn plugin pack` makes it: every byte of it was checked against what its author has signed.
struct PluginPackage: Sendable {
    /// What its author has signed.
    let list: PackageList
    /// The contents, in the list's order.
    let files: [(file: PackageFile, content: [UInt8])]
    /// The plugin, as it will be in the directory that is given to ``init(_:in:checking:)``.
    let plugin: Plugin
    let library: SealedLibrary
    /// SHA-256 of the whole file, in hexadecimal.
    let hash: String
    /// Bytes of the whole file.
    let size: Int

    /// Reads a package. Nothing of it is run, and nothing is written.
    ///
    /// - Parameters:
    ///   - directory: where plugins are, which error texts name.
    ///   - check: is given the list once its signature is known to be good, before anything else is looked at.
    init(_ bytes: [UInt8], in directory: String, checking check: (PackageList) throws -> Void) throws {
        let archive: TarArchive
        do throws(TarArchive.Fault) { archive = try TarArchive(bytes) } catch { throw PackageFault(error.description) }
        let list = try Self.signedList(archive, bytes)
        try check(list)
        files = try Self.files(archive, bytes, list)
        let contents = Dictionary(uniqueKeysWithValues: files.map { ($0.file, $0.content) })
        let place = "\(directory)/\(list.id)"
        (plugin, library) = try Self.plugin(contents, list, place)
        self.list = list
        (hash, size) = (bytes.withUnsafeBytes { SHA256.hex(of: $0) }, bytes.count)
    }

    /// The list, with a signature by the key that it names.
    private static func signedList(_ archive: TarArchive, _ bytes: [UInt8]) throws(PackageFault) -> PackageList {
        let entries = archive.entries
        guard entries.count >= 2, entries[0].name.hasSuffix("/\(PackageFile.list)"),
            entries[1].name.hasSuffix("/\(PackageFile.listSignature)"),
            entries[0].content.count <= PackageList.sizeLimit, entries[1].content.count <= 128
        else { throw PackageFault("it is not a package: it does not begin with a signed list of its files") }
        let text = String(validating: bytes[entries[0].content], as: UTF8.self)
        guard let list = text.flatMap(PackageList.init) else {
            throw PackageFault("the list of its files cannot be read")
        }
        let signature = PlainText.trimmed(String(decoding: bytes[entries[1].content], as: UTF8.self))
        guard let key = Data(base64Encoded: list.signer), let signature = Data(base64Encoded: signature),
            Ed25519.isValid(signature, of: list.text, by: key)
        else { throw PackageFault("its signature is wrong: it was changed after ed25519:\(list.signer) signed it") }
        let names = [PackageFile.list, PackageFile.listSignature] + list.files.map(\.name.rawValue)
        guard entries.map(\.name) == names.map({ "\(list.id)/\($0)" }) else {
            throw PackageFault("its files are not those of its signed list")
        }
        return list
    }

    private static func files(
        _ archive: TarArchive, _ bytes: [UInt8], _ list: PackageList
    ) throws(PackageFault) -> [(file: PackageFile, content: [UInt8])] {
        var files: [(file: PackageFile, content: [UInt8])] = []
        for (entry, listed) in zip(archive.entries.dropFirst(2), list.files) {
            let content = Array(bytes[entry.content])
            guard PackageList.File(listed.name, content) == listed else {
                throw PackageFault("\(entry.name) is not the file that was signed")
            }
            files.append((listed.name, content))
        }
        for file in PackageFile.allCases where file.isRequired && !files.contains(where: { $0.file == file }) {
            throw PackageFault("it has no \(file.rawValue)")
        }
        return files
    }

    private static func plugin(
        _ files: [PackageFile: [UInt8]], _ list: PackageList, _ place: String
    ) throws(PackageFault) -> (Plugin, SealedLibrary) {
        let manifest = files[.manifest] ?? []
        guard let text = String(validating: manifest, as: UTF8.self) else {
            throw PackageFault("its manifest.json is not UTF-8")
        }
        let plugin: Plugin
        let library: SealedLibrary
        do throws(PluginError) {
            plugin = try Plugin(manifest: text, directory: place)
            library = try SealedLibrary(files[.library] ?? [], named: "\(place)/pusher.so")
        } catch { throw PackageFault("it cannot be used: \(error.description)") }
        guard plugin.manifest.id == list.id, plugin.manifest.version == list.version else {
            throw PackageFault("its manifest.json has another ID or version than its signed list")
        }
        if let fault = plugin.patternFault ?? ManifestRules.faults(in: manifest).first {
            throw PackageFault("its manifest.json cannot be used: \(fault)")
        }
        let signature = PlainText.trimmed(String(decoding: files[.signature] ?? [], as: UTF8.self))
        guard let key = Data(base64Encoded: list.signer), let signature = Data(base64Encoded: signature),
            Ed25519.isValid(signature, of: Pin.signedText(plugin, library), by: key)
        else { throw PackageFault("its pusher.sig is not by the package's signer") }
        guard BillOfMaterials.isValid(files[.bill] ?? []) else {
            throw PackageFault("its \(PackageFile.bill.rawValue) is not CycloneDX 1.5 or later in JSON")
        }
        return (plugin, library)
    }
}
