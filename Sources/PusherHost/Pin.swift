internal import CSodium
public import FoundationEssentials
internal import JSON

/// What an operator has allowed: one plugin, by the content of its files.
public struct Pin: Hashable, Sendable {
    /// The plugin's own version, for people.
    public var version: String
    /// SHA-256 of the library, in hexadecimal.
    public var library: String
    /// SHA-256 of the manifest, in hexadecimal.
    public var manifest: String
    /// What it may do.
    public var grants: Grants
    /// The Ed25519 public key, in base64, by which another content is accepted too; nil: none.
    public var signer: String?

    /// Pins what was found.
    public init(_ plugin: Plugin, _ library: SealedLibrary, grants: Grants, signer: String? = nil) {
        version = plugin.manifest.version
        self.library = library.hash
        manifest = plugin.manifestHash
        self.grants = grants
        self.signer = signer
    }

    init(_ json: JSONValue) {
        func hash(_ name: String) -> String { String((json[name]?.string ?? "").dropFirst("sha256:".count)) }
        version = json["version"]?.string ?? ""
        library = hash("library")
        manifest = hash("manifest")
        grants = Grants(json["grants"] ?? .null)
        signer = json["signer"]?.string.map { String($0.dropFirst("ed25519:".count)) }
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "version": .string(version), "library": .string("sha256:\(library)"),
            "manifest": .string("sha256:\(manifest)"), "grants": grants.json,
        ]
        if let signer { members["signer"] = .string("ed25519:\(signer)") }
        return .object(members)
    }

    static let schema: JSONValue = {
        func form(_ pattern: String) -> JSONValue { .object(["type": .string("string"), "pattern": .string(pattern)]) }
        return .object([
            "type": .string("object"), "additionalProperties": .bool(false),
            "required": .array(["version", "library", "manifest", "grants"].map(JSONValue.string)),
            "properties": .object([
                "version": .object(["type": .string("string")]),
                "library": form("^sha256:[0-9a-f]{64}$"), "manifest": form("^sha256:[0-9a-f]{64}$"),
                "signer": form("^ed25519:[A-Za-z0-9+/]{43}=$"),
                "grants": .object([
                    "type": .string("object"), "additionalProperties": .bool(false),
                    "properties": .object(Grants.schema),
                ]),
            ]),
        ])
    }()

    /// How what was found differs from what is pinned, file by file; empty: it does not, or its signer vouches for it.
    public func differences(from plugin: Plugin, _ found: SealedLibrary) -> [String] {
        var differences: [String] = []
        if found.hash != library {
            differences.append("\(plugin.library) has SHA-256 \(found.hash), and \(library) is pinned")
        }
        if plugin.manifestHash != manifest {
            differences.append(
                "\(plugin.directory)/manifest.json has SHA-256 \(plugin.manifestHash), and \(manifest) is pinned")
        }
        guard !differences.isEmpty, let signer, let key = Data(base64Encoded: signer) else { return differences }
        guard let signature = plugin.signature else {
            return differences + ["\(plugin.directory)/pusher.sig, by which its signer could vouch for it, is missing"]
        }
        let text = Self.signedText(plugin, found)
        guard Ed25519.isValid(signature, of: text, by: key) else {
            return differences + ["\(plugin.directory)/pusher.sig is not by the pinned signer, or for other files"]
        }
        // Faults that a later version has fixed would come back with an old one, which was signed as well.
        guard !isNewer(than: plugin) else {
            return differences + [
                "it is version \(plugin.manifest.version), and its signer vouches only for versions from \(version) on"
            ]
        }
        return []
    }

    /// Whether the pinned version is newer than that of a plugin.
    public func isNewer(than plugin: Plugin) -> Bool {
        guard let pinned = SemanticVersion(version), let found = SemanticVersion(plugin.manifest.version) else {
            return false
        }
        return found < pinned
    }

    /// What a signer signs: the content, and what it calls itself.
    public static func signedText(_ plugin: Plugin, _ library: SealedLibrary) -> String {
        """
        keyturn pusher 1
        \(plugin.manifest.id)
        \(plugin.manifest.version)
        \(library.hash)
        \(plugin.manifestHash)

        """
    }
}

/// Ed25519 (RFC 8032), by libsodium.
public enum Ed25519 {
    /// Whether a signature is good.
    public static func isValid(_ signature: Data, of text: String, by key: Data) -> Bool {
        guard signature.count == 64, key.count == 32 else { return false }
        let (signature, key, text) = ([UInt8](signature), [UInt8](key), Array(text.utf8))
        return crypto_sign_verify_detached(signature, text, UInt64(text.count), key) == 0
    }

    /// The public key of a seed of 32 bytes.
    public static func publicKey(seed: [UInt8]) -> Data { Data(keys(seed).open) }

    /// Signs a text.
    ///
    /// - Parameter seed: 32 bytes, secret.
    public static func sign(_ text: String, seed: [UInt8]) -> Data {
        var signature = [UInt8](repeating: 0, count: 64)
        var secret = keys(seed).secret
        defer { sodium_memzero(&secret, secret.count) }
        let text = Array(text.utf8)
        crypto_sign_detached(&signature, nil, text, UInt64(text.count), secret)
        return Data(signature)
    }

    private static func keys(_ seed: [UInt8]) -> (open: [UInt8], secret: [UInt8]) {
        precondition(seed.count == 32)
        var open = [UInt8](repeating: 0, count: 32)
        var secret = [UInt8](repeating: 0, count: 64)
        crypto_sign_seed_keypair(&open, &secret, seed)
        return (open, secret)
    }
}
