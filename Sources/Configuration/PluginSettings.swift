internal import FoundationEssentials

/// Where plugins come from, and what is done without for them: `plugins` of the file.
struct PluginSettings {
    /// Directories with plugins.
    var path: [String] = []
    /// The lock file.
    var lock: String
    /// Parts of the sandbox that may be missing.
    var gaps: [String] = []
    /// Lists of plugins.
    var indexes: [PluginIndexEntry] = []

    /// What a kernel may lack of the sandbox, as `accept-missing` names it.
    private static let knownGaps = ["landlock", "seccomp", "no-new-privs"]
    private static let mostIndexes = 16

    init(_ field: Field?, _ file: String, _ directory: String) throws(ConfigurationError) {
        lock = Paths.absolute("keyturn.lock", from: directory)
        guard let field else { return }
        var reader = try MappingReader(field, "plugins", file)
        path = (try reader.strings("path") ?? []).map { Paths.absolute($0, from: directory) }
        if let named = try reader.string("lock") { lock = Paths.absolute(named, from: directory) }
        gaps = try reader.strings("accept-missing") ?? []
        for gap in gaps where !Self.knownGaps.contains(gap) {
            throw reader.error("accept-missing", "must be a list of \(Self.knownGaps.joined(separator: ", "))")
        }
        if let field = reader.field("indexes") {
            guard case .list(let fields) = field.value, fields.count <= Self.mostIndexes else {
                throw reader.error("indexes", "must be a list of at most \(Self.mostIndexes) indexes")
            }
            for (number, field) in fields.enumerated() {
                indexes.append(try PluginIndexEntry(field, "plugins.indexes[\(number)]", file))
            }
        }
        try reader.end()
    }
}

/// A list of plugins at some address, and whose word it is.
public struct PluginIndexEntry: Hashable, Sendable {
    /// Where it is: https, or http to this machine.
    public var url: String
    /// The Ed25519 public key of who signs it, in base64.
    public var signer: String

    init(_ field: Field, _ place: String, _ file: String) throws(ConfigurationError) {
        var reader = try MappingReader(field, place, file)
        guard let url = try reader.string("url") else { throw reader.missing("url", "is missing") }
        guard ServiceURL.isAllowed(url) else { throw reader.error("url", ServiceURL.rule) }
        guard let signer = try reader.string("signer") else {
            throw reader.missing("signer", "is missing: the public key of who signs the index")
        }
        guard Data(base64Encoded: signer)?.count == 32 else {
            throw reader.error("signer", "must be the 32 bytes of an Ed25519 public key, in base64")
        }
        try reader.end()
        (self.url, self.signer) = (url, signer)
    }
}
