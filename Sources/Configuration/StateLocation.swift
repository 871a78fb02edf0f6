/// Where the state is kept.
public enum StateLocation: Hashable, Sendable {
    /// One file of SQLite.
    case sqlite(String)
    /// A database of PostgreSQL: a URI of libpq without a password, and where that is; nil: libpq looks for it.
    case postgres(String, password: SecretReference?)

    /// The file; nil: it is kept by a server.
    public var file: String? { if case .sqlite(let path) = self { path } else { nil } }

    static let forms = "sqlite:PATH or postgresql://HOST[:PORT]/DATABASE[?SETTING=VALUE&…]"

    init(_ reader: inout MappingReader, file: String, directory: String) throws(ConfigurationError) {
        guard let text = try reader.string("state") else {
            throw reader.missing("state", "is missing, such as sqlite:state.db")
        }
        let password = reader.field("state-password")
        if text.hasPrefix("sqlite:"), text.count > 7 {
            guard password == nil else {
                throw reader.error("state-password", "is for a state in PostgreSQL; a file needs none")
            }
            self = .sqlite(Paths.absolute(String(text.dropFirst(7)), from: directory))
        } else if let rest = Self.schemes.lazy.filter({ text.hasPrefix($0) }).first.map({ text.dropFirst($0.count) }) {
            guard !Self.holdsPassword(rest) else {
                throw reader.error(
                    "state",
                    "has a password in it, and a secret is never written here: `state-password: { env: NAME }`, or libpq's password file"
                )
            }
            let reference = try password.map { field throws(ConfigurationError) in
                try SecretReference(field, "state-password", file: file, directory: directory)
            }
            self = .postgres(text, password: reference)
        } else {
            throw reader.error("state", "must have the form \(Self.forms)")
        }
    }

    /// What libpq takes for a URI.
    private static let schemes = ["postgresql://", "postgres://"]

    /// `user:password@host`, or a setting of that name.
    private static func holdsPassword(_ address: Substring) -> Bool {
        let authority = address.prefix { $0 != "/" && $0 != "?" }
        if let user = authority.lastIndex(of: "@").map({ authority[..<$0] }), user.contains(":") { return true }
        let settings = address.drop { $0 != "?" }.dropFirst().split(separator: "&")
        return settings.contains { $0.hasPrefix("password=") || $0.hasPrefix("sslpassword=") }
    }
}
