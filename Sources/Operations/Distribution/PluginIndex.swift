internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PlainText
internal import PusherHost
internal import Rotation

/// A list of plugins at some address, signed by whoever keeps it: names, versions, and where each is.
///
/// It is signed as keyturn prints it (one line, sorted), so blanks and line breaks of the file do not matter.
struct PluginIndex {
    /// Why a document is not an index that can be used.
    struct Fault: Error, Hashable {
        var description: String
        init(_ description: String) { self.description = description }
    }

    /// One version of a plugin.
    struct Release: Hashable {
        /// Absolute, or relative to the index.
        var url: String
        /// SHA-256 of the package, in hexadecimal.
        var hash: String
        /// The Ed25519 public key of its author, in base64.
        var signer: String
    }

    /// The largest document, in bytes.
    static let sizeLimit = 8 << 20
    /// What a signer of an index signs begins with this: it cannot be taken for anything else that was signed.
    private static let title = "keyturn index 1\n"

    /// Releases by ID and version.
    var plugins: [String: [String: Release]]
    /// From when on it is not believed: an old one would hide newer versions.
    var expires: Timestamp

    init(plugins: [String: [String: Release]], expires: Timestamp) { (self.plugins, self.expires) = (plugins, expires) }

    /// Reads an index.
    ///
    /// - Parameter signer: the key whose signature it must have.
    init(_ bytes: [UInt8], signedBy signer: String, at now: Timestamp) throws(Fault) {
        guard bytes.count <= Self.sizeLimit, let document = JSONValue(parsing: bytes), document.object != nil,
            let signed = document["signed"]
        else { throw Fault("it is not an index of plugins") }
        let signature = document["signature"]?.string.flatMap { Data(base64Encoded: $0) } ?? Data()
        guard let key = Data(base64Encoded: signer), Ed25519.isValid(signature, of: Self.title + signed.text, by: key)
        else { throw Fault("it has no good signature by ed25519:\(signer), whom the configuration names") }
        if let violation = Self.schema.violations(in: signed).first {
            let place = PlainText.line(violation.path.joined(separator: "."), limit: 200)
            throw Fault("`\(place)` \(PlainText.line(violation.message, limit: 200))")
        }
        guard let expires = signed["expires"]?.string.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw Fault("`expires` is not a time like 2026-12-31T00:00:00Z")
        }
        guard now < expires else {
            throw Fault("it expired on \(Moment.text(expires)): whoever keeps it has to publish a new one")
        }
        self.expires = expires
        plugins = (signed["plugins"]?.object ?? [:]).mapValues { ($0.object ?? [:]).compactMapValues(Release.init) }
    }

    /// The index as a document.
    func document(_ key: SigningKey) -> JSONValue {
        let signed = JSONValue.object([
            "version": 1, "expires": .string(Moment.text(expires)),
            "plugins": .object(plugins.mapValues { .object($0.mapValues(\.json)) }),
        ])
        let signature = PlainText.trimmed(String(decoding: key.sign(Self.title + signed.text), as: UTF8.self))
        return .object([
            "signed": signed, "signer": .string("ed25519:\(key.publicKey)"), "signature": .string(signature),
        ])
    }

    /// The newest version of a plugin, or the named one; of versions before a release, the newest where there are no others.
    func release(of id: String, version: String?) -> (version: String, release: Release)? {
        guard let releases = plugins[id] else { return nil }
        if let version { return releases[version].map { (version, $0) } }
        let known = releases.compactMap { text, release in SemanticVersion(text).map { ($0, text, release) } }
        let finished = known.filter { !$0.0.isPrerelease }
        // Two that differ by what follows `+` alone are in no order.
        return (finished.isEmpty ? known : finished).max { ($0.0, $0.1) < ($1.0, $1.1) }.map { ($0.1, $0.2) }
    }

    static let schema: Schema = {
        func text(_ pattern: String) -> JSONValue { .object(["type": "string", "pattern": .string(pattern)]) }
        let release = JSONValue.object([
            "type": "object", "required": ["url", "sha256", "signer"],
            "properties": .object([
                "url": text("^[!-~]+$"), "sha256": text("^[0-9a-f]{64}$"),
                "signer": text("^ed25519:[A-Za-z0-9+/]{43}=$"),
            ]),
        ])
        let releases = JSONValue.object(["type": "object", "additionalProperties": release])
        return Schema(
            .object([
                "type": "object", "required": ["version", "expires", "plugins"],
                "properties": .object([
                    "version": .object(["const": 1]), "expires": .object(["type": "string"]),
                    "plugins": .object(["type": "object", "additionalProperties": releases]),
                ]),
            ]))
    }()
}

extension PluginIndex.Release {
    fileprivate init?(_ json: JSONValue) {
        guard let url = json["url"]?.string, let hash = json["sha256"]?.string, let signer = json["signer"]?.string
        else { return nil }
        self.init(url: url, hash: hash, signer: String(signer.dropFirst("ed25519:".count)))
    }

    fileprivate var json: JSONValue {
        .object(["url": .string(url), "sha256": .string(hash), "signer": .string("ed25519:\(signer)")])
    }
}
