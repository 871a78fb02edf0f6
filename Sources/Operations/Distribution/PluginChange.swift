package import JSON
internal import PusherHost

/// What a command would change about an installed plugin, or has changed.
package struct PluginChange: Sendable {
    package typealias Changed = PinChange.Changed

    /// What is known of one version of a plugin.
    struct Side {
        var plugin: Plugin
        var library: SealedLibrary
        /// Bytes of its files.
        var size: Int

        var needs: LibraryNeeds? { library.needs }
    }

    package var id: String
    package var summary: String
    /// Where the plugin's files are.
    package var directory: String
    package var lock: String
    /// Where the package came from; nil: it was kept.
    package var source: String?
    /// SHA-256 of the package; nil: there is none.
    package var hash: String?
    package var version: Changed
    package var signer: Changed
    /// Why the signer is believed, in words; nil: it was decided before.
    package var ground: String?
    package var size: Changed
    /// The glibc that the library needs.
    package var glibc: Changed
    /// Libraries that are loaded with it.
    package var libraries: [String]
    /// What a push is said to need.
    package var requests: Changed
    package var asks: [String]
    /// What the version before does not ask for; empty: nothing, or there is none.
    package var added: [String]
    /// What the version before asks for and this one does not.
    package var removed: [String]
    package var granted: [String]
    /// What it asks for and is not granted.
    package var withheld: [String]
    /// One line about that, with what to type; nil: it is granted all.
    package var withheldAdvice: String?
    /// What has to be named to grant it: `--grant hosts`.
    package var grantOptions: [String]
    /// The version that `rollback` brings back after this; nil: none.
    package var kept: String?
    /// Whether the same files are there already.
    package var isNothing = false

    init(from before: Side?, to after: Side, pin: Pin, was: Pin?, lock: String) {
        let manifest = after.plugin.manifest
        let former = before?.plugin.manifest
        (id, summary, directory) = (manifest.id, manifest.summary, after.plugin.directory)
        self.lock = lock
        version = Changed(manifest.version, was: former?.version)
        signer = Changed(Self.name(pin.signer), was: was.map { Self.name($0.signer) })
        size = Changed(Self.size(after.size), was: before.map { Self.size($0.size) })
        glibc = Changed(after.needs?.glibc ?? "any", was: before.map { $0.needs?.glibc ?? "any" })
        libraries = after.needs?.libraries ?? []
        requests = Changed(Self.words(manifest.pace.push), was: former.map { Self.words($0.pace.push) })
        asks = manifest.asks.words
        added = former.map { manifest.asks.subtracting($0.asks).words } ?? []
        removed = former.map { $0.asks.subtracting(manifest.asks).words } ?? []
        granted = pin.grants.words
        let rest = manifest.asks.subtracting(pin.grants)
        (withheld, withheldAdvice) = (rest.words, rest.withheld)
        grantOptions = rest.options.map { "--grant \($0.rawValue)" }
        if manifest.id == former?.id, before?.library.hash == after.library.hash,
            before?.plugin.manifestHash == after.plugin.manifestHash, was == pin
        {
            isNothing = true
        }
    }

    private static func name(_ signer: String?) -> String { signer.map { "ed25519:\($0)" } ?? "none" }

    private static func size(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\((bytes + 1_023) >> 10) KiB" : "\(bytes >> 20).\((bytes & 0xF_FFFF) * 10 >> 20) MiB"
    }

    private static func words(_ usage: PaceRules.Usage) -> String {
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        guard usage.reads + usage.writes > 0 else { return "not stated" }
        return "\(count(usage.reads, "read")) and \(count(usage.writes, "write")) for each push"
    }
}

extension PluginChange {
    /// What the commands print with `--json`.
    ///
    /// - Parameter isWritten: whether it was done.
    package func json(isWritten: Bool) -> JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return .object([
            "id": .string(id), "directory": .string(directory), "lock": .string(lock), "source": text(source),
            "sha256": text(hash), "version": .string(version.value), "version-was": text(version.was),
            "signer": .string(signer.value), "signer-was": text(signer.was), "size": .string(size.value),
            "size-was": text(size.was), "glibc": .string(glibc.value), "glibc-was": text(glibc.was),
            "libraries": list(libraries), "requests": .string(requests.value), "requests-was": text(requests.was),
            "asks": list(asks), "added": list(added), "removed": list(removed), "granted": list(granted),
            "not-granted": list(withheld), "kept": text(kept), "written": .bool(isWritten),
        ])
    }
}
