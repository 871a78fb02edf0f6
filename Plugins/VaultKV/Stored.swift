import PusherKit

/// What is at a path.
enum Stored {
    /// A secret that the token may read. The version is 0 where the engine keeps none.
    case readable(Fields, version: Int64)
    /// A secret of which the token may see the metadata alone.
    case hidden(Metadata)
    /// No secret: there never was one (version 0), or its last version is deleted or destroyed.
    case nothing(version: Int64)

    /// The version that a write is to follow.
    var version: Int64 {
        switch self {
        case .readable(_, let version), .nothing(let version): version
        case .hidden(let metadata): metadata.version
        }
    }
}

/// A secret's fields, of any types.
struct Fields: JSONReadable {
    let json: JSONValue

    init(json: JSONValue) throws(JSONMismatch) {
        guard json.kind == .object else { throw json.wrong("is not an object") }
        self.json = json
    }

    /// A field's text.
    func text(_ name: String) -> SecretBytes? { try? json.optional(name) }

    /// Whether both of the target's fields hold the pair.
    func holds(_ pair: borrowing KeyPair, _ target: Target) -> Bool {
        text(target.accessKeyID)?.equals(pair.accessKeyID) == true
            && text(target.secretAccessKey) == pair.secretAccessKey
    }

    /// All fields, with the pair in those two.
    func with(_ pair: borrowing KeyPair, _ target: Target) -> JSONBody {
        var body = JSONBody(pair, target)
        for (name, value) in json.fields where name != target.accessKeyID && name != target.secretAccessKey {
            body.set(name, value)
        }
        return body
    }
}

extension JSONBody {
    /// The target's two fields alone.
    init(_ pair: borrowing KeyPair, _ target: Target) {
        self.init()
        set(target.accessKeyID, pair.accessKeyID)
        set(target.secretAccessKey, pair.secretAccessKey)
    }
}

/// A version of a secret, as version 2 of the engine answers reads and writes.
struct Version: JSONReadable {
    /// Nil where it is deleted or destroyed.
    let fields: Fields?
    let number: Int64
    /// When it was written, as RFC 3339.
    let createdAt: String?

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        let metadata: JSONValue = try data.value("metadata")
        number = try metadata.value("version")
        fields = try data.optional("data")
        createdAt = try metadata.optional("created_time")
    }
}

/// What version 2 of the engine answers to a write.
struct Written: JSONReadable {
    let version: Int64

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        version = try data.value("version")
    }
}

/// What version 2 of the engine says about a secret without showing it.
struct Metadata: JSONReadable {
    let version: Int64
    /// When it was last written, as RFC 3339.
    let updatedAt: String?
    /// Whether the current version is there: not deleted, not destroyed.
    let isLive: Bool

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        version = try data.value("current_version")
        updatedAt = try data.optional("updated_time")
        let current = data["versions"]?["\(version)"]
        let deletion: String = try current?.optional("deletion_time") ?? ""
        let isDestroyed: Bool = try current?.optional("destroyed") ?? false
        isLive = version > 0 && current != nil && deletion.isEmpty && !isDestroyed
    }
}

/// What is mounted where a target's secret is.
struct Mount: JSONReadable {
    let type: String
    let version: Int
    /// Where it is mounted, with a slash at its end; nil: not said.
    let path: String?

    /// Whether it is a key-value store.
    var isStore: Bool { type == "kv" || type == "generic" }

    init(json answer: JSONValue) throws(JSONMismatch) { try self.init(fields: try answer.value("data")) }

    init(fields data: JSONValue) throws(JSONMismatch) {
        type = try data.optional("type") ?? ""
        let version: String? = try data["options"]?.optional("version")
        self.version = version == "2" ? 2 : 1
        path = try data.optional("path")
    }
}

/// What a token may do at one path.
struct Capabilities: JSONReadable {
    let names: [String]

    init(json answer: JSONValue) throws(JSONMismatch) {
        // Older servers put the list next to `data`.
        let inside: [String]? = try answer["data"]?.optional("capabilities")
        names = if let inside { inside } else { try answer.value("capabilities") }
    }

    func allow(_ name: String) -> Bool { names.contains(name) || names.contains("root") }
}

/// A secret as version 1 of the engine shows it.
struct Unversioned: JSONReadable {
    let fields: Fields

    init(json answer: JSONValue) throws(JSONMismatch) { fields = try answer.value("data") }
}

/// What the server says about the token that asks.
struct TokenEnd: JSONReadable {
    /// Nil where it does not end.
    let end: Timestamp?

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        let text: String? = try data.optional("expire_time")
        end = text.flatMap { rfc3339($0) }
    }
}

/// The server's error body. A secret that is not there is no error: the list is empty.
struct VendorError: JSONReadable {
    /// Nil where the body has no such list.
    let errors: [String]?
    let warnings: [String]

    init(json fields: JSONValue) throws(JSONMismatch) {
        errors = try fields.optional("errors")
        warnings = try fields.optional("warnings") ?? []
    }
}
