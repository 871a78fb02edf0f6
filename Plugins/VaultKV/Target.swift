import PusherKit

/// The two fields of one secret that hold the pair.
struct Target: JSONReadable, Sendable {
    let mount: String
    let path: String
    let version: EngineVersion
    let namespace: String?
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        mount = try fields.optional("mount") ?? "secret"
        path = try fields.value("path")
        version = try fields.optional("engine-version") ?? .two
        namespace = try fields.optional("namespace")
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        guard accessKeyID != secretAccessKey else {
            throw fields.wrong("secret-access-key", "is the same as access-key-id")
        }
        for (name, text) in [("mount", mount), ("path", path)] where Self.segments(text).isEmpty {
            throw fields.wrong(name, "is empty")
        }
    }

    /// What messages begin with.
    var subject: String {
        oneLine("Vault: \(mount)/\(path)" + (namespace.map { " in namespace \($0)" } ?? ""))
    }

    /// A path below the mount, of the engine or of the whole server.
    func segments(_ part: String...) -> [String] { Self.segments(mount) + part + Self.segments(path) }

    static func segments(_ text: String) -> [String] { text.split(separator: "/").map(String.init) }
}

/// The version of the key-value engine that is mounted.
enum EngineVersion: JSONReadable, Sendable {
    case one, two

    init(json: JSONValue) throws(JSONMismatch) {
        switch try Int64(json: json) {
        case 1: self = .one
        case 2: self = .two
        default: throw json.wrong("is not 1 or 2")
        }
    }

    var number: Int { self == .one ? 1 : 2 }
}
