internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PlainText

/// A plugin as it was found on disk: `<directory>/<id>/{pusher.so,manifest.json}`.
public struct Plugin: Hashable, Sendable {
    /// What it says of itself.
    public var manifest: Manifest
    /// Where it lies.
    public var directory: String
    /// SHA-256 of the manifest's text, in hexadecimal.
    public var manifestHash: String
    /// The library's path.
    public var library: String { "\(directory)/pusher.so" }
    /// The directory that was searched.
    var parent: String { String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)]) }
    /// What a signer has put next to the library, in base64.
    var signature: Data? {
        guard let text = try? String(contentsOfFile: "\(directory)/pusher.sig", encoding: .utf8) else { return nil }
        return Data(base64Encoded: PlainText.trimmed(text))
    }

    private init(manifest: Manifest, directory: String, manifestHash: String) {
        (self.manifest, self.directory, self.manifestHash) = (manifest, directory, manifestHash)
    }

    /// Reads a plugin's directory.
    public init(directory: String) throws(PluginError) {
        let path = "\(directory)/manifest.json"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw PluginError("\(path): it is missing or cannot be read")
        }
        manifest = try Manifest(text: text, at: path)
        manifestHash = SHA256.hex(of: text)
        self.directory = directory
        guard FileManager.default.isReadableFile(atPath: library) else {
            throw PluginError("\(library): it is missing or cannot be read")
        }
    }
}

extension Plugin {
    /// A plugin that is not on disk yet, such as one in a package.
    ///
    /// - Parameters:
    ///   - text: its manifest.
    ///   - directory: where its files are going to be, which error texts name.
    public init(manifest text: String, directory: String) throws(PluginError) {
        self.init(
            manifest: try Manifest(text: text, at: "\(directory)/manifest.json"), directory: directory,
            manifestHash: SHA256.hex(of: text))
    }

    /// Why its schemas cannot be used, as a sentence; nil: they can. Patterns are compiled for that, so the plugin is one that is
    /// pinned, or about to be.
    public var patternFault: String? {
        let scope = manifest.scope.map { [("scope", $0)] } ?? []
        for (name, schema) in [("configuration", manifest.configuration), ("target", manifest.target)] + scope {
            guard let fault = schema.patternFaults.first else { continue }
            return "\(directory)/manifest.json: `\(([name] + fault.path).joined(separator: "."))` \(fault.message)"
        }
        return nil
    }
}

/// Where plugins are looked for.
public struct PluginSearch: Sendable {
    /// Directories, in order.
    public var directories: [String]

    /// - Parameter directories: those of the configuration, then the installed one.
    public init(directories: [String]) { self.directories = directories }

    /// The plugin of that ID.
    public func find(_ id: String) throws(PluginError) -> Plugin {
        for directory in directories where FileManager.default.fileExists(atPath: "\(directory)/\(id)") {
            let plugin = try Plugin(directory: "\(directory)/\(id)")
            guard plugin.manifest.id == id else {
                throw PluginError("\(directory)/\(id)/manifest.json: `id` is \(plugin.manifest.id), not \(id)")
            }
            return plugin
        }
        let near = Spelling.nearest(to: id, among: all().map(\.id)) ?? all().map(\.id).first { $0.hasPrefix(id) }
        throw PluginError(
            "there is no plugin `\(id)`: no \(directories.map { "\($0)/\(id)/manifest.json" }.joined(separator: ", no "))"
                + (near.map { "; did you mean `\($0)`?" } ?? "; `keyturn plugin list` shows those that there are"))
    }

    /// Every plugin that there is, or why it cannot be used, by ID. The first of an ID counts.
    public func all() -> [(id: String, plugin: Result<Plugin, PluginError>)] {
        var found: [String: Result<Plugin, PluginError>] = [:]
        for directory in directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names where found[name] == nil {
                let isPlugin = ["manifest.json", "pusher.so"].contains { file in
                    FileManager.default.fileExists(atPath: "\(directory)/\(name)/\(file)")
                }
                guard isPlugin else { continue }
                found[name] = Result { () throws(PluginError) in try Plugin(directory: "\(directory)/\(name)") }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
