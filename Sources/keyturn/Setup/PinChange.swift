internal import FoundationEssentials
internal import JSON
internal import PusherHost

/// What `keyturn plugin pin` writes for one plugin, and how that differs from what the lock file had.
struct PinChange {
    var plugin: Plugin
    var pin: Pin
    /// What was pinned until now.
    var before: Pin?

    /// Grants that it did not have before; none at the first pin, where all are new.
    private var added: Grants { before.map { pin.grants.subtracting($0.grants) } ?? Grants() }
    /// Grants that it had and no longer asks for.
    private var removed: Grants { before.map { $0.grants.subtracting(pin.grants) } ?? Grants() }
    /// What it asks for and does not get.
    private var withheld: Grants { plugin.manifest.asks.subtracting(pin.grants) }

    /// For people.
    var text: String {
        var lines = ["\(plugin.manifest.id) \(pin.version)  \(plugin.manifest.summary)"]
        func line(_ title: String, _ text: String) {
            lines.append("  " + title.column(12) + text)
        }
        func was(_ former: String?, _ present: String) -> String {
            former.map { $0 == present ? "" : ", was \($0)" } ?? ""
        }
        if let before, before.version != pin.version { line("version", "\(pin.version), was \(before.version)") }
        line("library", plugin.library)
        line("", "sha256:\(pin.library)\(was(before?.library, pin.library))")
        line("manifest", "sha256:\(pin.manifest)\(was(before?.manifest, pin.manifest))")
        line("granted", pin.grants.words.isEmpty ? "nothing" : pin.grants.words.joined(separator: ", "))
        if !added.words.isEmpty { line("added", added.words.joined(separator: ", ")) }
        if !removed.words.isEmpty {
            line("removed", "\(removed.words.joined(separator: ", ")): it no longer asks for that")
        }
        if let withheld = withheld.withheld { line("not granted", withheld) }
        if pin.signer != nil || before?.signer != nil {
            let signer = Self.name(pin.signer)
            line("signer", signer + was(before.map { Self.name($0.signer) }, signer))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func name(_ signer: String?) -> String { signer.map { "ed25519:\($0)" } ?? "none" }

    var json: JSONValue {
        func list(_ grants: Grants) -> JSONValue { .array(grants.words.map(JSONValue.string)) }
        return .object([
            "library": .string("sha256:\(pin.library)"), "manifest": .string("sha256:\(pin.manifest)"),
            "version": .string(pin.version), "was": before.map { .string($0.version) } ?? .null,
            "granted": list(pin.grants), "added": list(added), "removed": list(removed), "not-granted": list(withheld),
            "signer": pin.signer.map { .string("ed25519:\($0)") } ?? .null,
        ])
    }
}
