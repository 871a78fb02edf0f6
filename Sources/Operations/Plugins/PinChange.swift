package import JSON
internal import PusherHost

/// What `keyturn plugin pin` writes for one plugin, and how that differs from what the lock file had.
package struct PinChange: Sendable {
    var plugin: Plugin
    var pin: Pin
    /// What was pinned until now.
    var before: Pin?

    /// Grants that it did not have before; none at the first pin, where all are new.
    private var addedGrants: Grants { before.map { pin.grants.subtracting($0.grants) } ?? Grants() }
    /// Grants that it had and no longer asks for.
    private var removedGrants: Grants { before.map { $0.grants.subtracting(pin.grants) } ?? Grants() }
    /// What it asks for and does not get.
    private var withheldGrants: Grants { plugin.manifest.asks.subtracting(pin.grants) }

    package var id: String { plugin.manifest.id }
    package var summary: String { plugin.manifest.summary }
    package var library: String { plugin.library }
    package var granted: [String] { pin.grants.words }
    package var added: [String] { addedGrants.words }
    package var removed: [String] { removedGrants.words }
    /// One line about what it asks for and does not get; nil: it gets all.
    package var withheld: String? { withheldGrants.withheld }
    package var version: Changed { Changed(pin.version, was: before?.version) }
    package var libraryHash: Changed { Changed(pin.library, was: before?.library) }
    package var manifestHash: Changed { Changed(pin.manifest, was: before?.manifest) }
    /// nil: there is none, and there was none.
    package var signer: Changed? {
        guard pin.signer != nil || before?.signer != nil else { return nil }
        return Changed(Self.name(pin.signer), was: before.map { Self.name($0.signer) })
    }

    private static func name(_ signer: String?) -> String { signer.map { "ed25519:\($0)" } ?? "none" }

    /// A value of the pin, and what it was before.
    package struct Changed: Sendable {
        package var value: String
        /// nil: the plugin was not pinned.
        package var was: String?

        init(_ value: String, was: String?) { (self.value, self.was) = (value, was) }

        /// Whether it was something else.
        package var isChanged: Bool { was != nil && was != value }
    }

    package var json: JSONValue {
        func list(_ grants: Grants) -> JSONValue { .array(grants.words.map(JSONValue.string)) }
        return .object([
            "library": .string("sha256:\(pin.library)"), "manifest": .string("sha256:\(pin.manifest)"),
            "version": .string(pin.version), "was": before.map { .string($0.version) } ?? .null,
            "granted": list(pin.grants), "added": list(addedGrants), "removed": list(removedGrants),
            "not-granted": list(withheldGrants),
            "signer": pin.signer.map { .string("ed25519:\($0)") } ?? .null,
        ])
    }
}
