import FoundationEssentials

/// What the kit itself needs to know of the manifest. The rest is for keyturn.
struct Manifest: Decodable, Sendable {
    let id: String
    let version: String
    let summary: String
    let hosts: [String]
    let secrets: [String]

    /// Reads a manifest's text, or nil where it is none.
    init?(_ text: [UInt8]) {
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(text)) else { return nil }
        self = manifest
    }
}
