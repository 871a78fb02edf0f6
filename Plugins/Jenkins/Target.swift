import PusherKit

/// One credential of Jenkins, which holds the pair as a whole.
struct Target: JSONReadable, Sendable {
    let credential: String
    let store: Store
    /// The domain as its address has it: `_` is the global one.
    let domain: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        credential = try fields.value("credential")
        let folder: String? = try fields.optional("folder")
        store = Store(folders: folder.map { $0.split(separator: "/").map(String.init) } ?? [])
        domain = try fields.optional("domain") ?? "_"
        // A segment of that name would be a step up.
        guard !([credential, domain] + store.folders).contains(where: { $0 == "." || $0 == ".." }) else {
            throw fields.wrong("credential", "a name cannot be . or ..")
        }
    }

    /// The path of what belongs to the credential's domain.
    var domainPath: [String] { store.path + ["domain", domain] }

    /// What messages begin with.
    var subject: String {
        let domain = domain == "_" ? "" : ", domain \(domain)"
        let folder = store.folders.isEmpty ? "" : " in \(store.description)"
        // Of a store as a whole.
        if credential.isEmpty { return oneLine("Jenkins: \(store.description)") }
        return oneLine("Jenkins: credential \(credential)\(folder)\(domain)")
    }
}

/// Where credentials are: at Jenkins itself or at a folder.
struct Store: Sendable {
    /// The outermost first; none: Jenkins itself.
    let folders: [String]

    var path: [String] {
        folders.flatMap { ["job", $0] } + ["credentials", "store", folders.isEmpty ? "system" : "folder"]
    }

    /// Those around it, the nearest first: what is in them can be used in the folder as well.
    var outer: [Store] { folders.indices.reversed().map { Store(folders: Array(folders[..<$0])) } }

    var description: String { folders.isEmpty ? "Jenkins" : "folder \(folders.joined(separator: "/"))" }
}
