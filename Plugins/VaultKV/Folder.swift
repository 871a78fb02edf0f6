import PusherKit

/// A folder of a key-value store: what `find` looks through.
struct Folder {
    let mount: String
    let version: EngineVersion
    /// Below the mount, without slashes at its ends; empty: the whole store.
    let path: String

    /// As people see it: `secret/ci`.
    var name: String { path.isEmpty ? mount : "\(mount)/\(path)" }

    /// What a call about it is to know.
    var fields: [(name: String, value: String)] {
        [("mount", mount), ("version", "\(version.number)"), ("path", path)]
    }

    /// The folder of that name in it, which ends with a slash.
    func below(_ name: String) -> Folder {
        let name = name.dropLast()
        return Folder(mount: mount, version: version, path: path.isEmpty ? String(name) : "\(path)/\(name)")
    }

    /// The fields of a target for a secret in it, without the names of the secret's own fields.
    func targetFields(_ name: String) -> [(name: String, value: String)] {
        [
            ("mount", mount), ("path", path.isEmpty ? name : "\(path)/\(name)"),
            ("engine-version", "\(version.number)"),
        ]
    }

    /// What a policy has to name, so that its secrets can be read.
    var rule: String { (segments("data") + ["*"]).joined(separator: "/") }

    /// The folder's path for a list or, with a name, that of a secret in it.
    ///
    /// - Parameter part: what version 2 has between mount and path.
    func segments(_ part: String, _ name: String? = nil) -> [String] {
        Target.segments(mount) + (version == .two ? [part] : []) + Target.segments(path) + (name.map { [$0] } ?? [])
    }

    /// For asking about it.
    var target: Target { Target(finding: self) }
}

extension Target {
    /// For asking about a folder.
    init(finding folder: Folder) {
        (mount, path, version, namespace) = (folder.mount, folder.path, folder.version, nil)
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }
}

/// What a secret of a list shows.
enum ListedSecret {
    /// Its fields, and when they were written: nil where the engine does not say.
    case readable(Fields, String?)
    /// The token may not read it.
    case forbidden
    /// Its current version is deleted or destroyed, or it is gone.
    case nothing
}

/// The names in a folder: those of folders end with a slash.
struct ListedNames: JSONReadable {
    let names: [String]

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        names = try data.value("keys")
    }
}

/// A key-value store.
struct Store {
    /// Where it is mounted, without a slash at its end.
    let path: String
    let version: Int
}

/// The key-value stores that a token sees.
struct Stores: JSONReadable {
    let stores: [Store]

    init(json answer: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try answer.value("data")
        let mounts: JSONValue = try data.value("secret")
        var stores: [Store] = []
        for (path, fields) in mounts.fields {
            let mount = try Mount(fields: fields)
            guard mount.isStore, !path.isEmpty else { continue }
            stores.append(Store(path: path.hasSuffix("/") ? String(path.dropLast()) : path, version: mount.version))
        }
        self.stores = stores
    }
}
