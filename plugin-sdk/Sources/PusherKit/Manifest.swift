/// What the kit itself needs to know of the manifest. The rest is for keyturn.
struct Manifest: JSONReadable, Sendable {
    let id: String
    let version: String
    let summary: String
    let hosts: [String]
    let aws: [String]
    let secrets: [String]

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        version = try fields.value("version")
        summary = try fields.value("summary")
        hosts = try fields.value("hosts")
        aws = try fields.optional("aws") ?? []
        secrets = try fields.value("secrets")
    }

    /// Reads a manifest's text, or nil where it is none.
    init?(_ text: [UInt8]) {
        guard let json = try? text.withUnsafeBytes({ SecretBytes(copying: $0) }).json(),
            let manifest = try? Manifest(json: json)
        else { return nil }
        self = manifest
    }
}
