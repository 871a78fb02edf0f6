internal import CPostgres
internal import Glibc
public import StateStore

/// What libpq gets to know of the server: the URI's own settings, and those without which a connection could hang for hours.
public struct ConnectionSettings: Sendable {
    /// libpq's keywords and values.
    let pairs: [(String, String)]
    /// For error texts: servers and database.
    public let place: String

    /// Reads a URI as libpq does.
    ///
    /// - Parameter authorities: a file of certificate authorities in PEM, for a URI that wants the server's certificate verified and
    ///   names none, where libpq would find none of its own.
    /// - Throws: `unavailable` where libpq cannot read it, or it holds a password.
    public init(_ address: String, authorities: String? = nil) throws(StoreError) {
        let found = try Self.parse(address)
        guard found["password"] == nil else {
            throw StoreError(.unavailable, "it has a password in it, which anyone can read there: use `state-password`")
        }
        var settings = found
        func setting(_ name: String, _ value: String) { if settings[name] == nil { settings[name] = value } }
        // A standby takes no writes.
        setting("target_session_attrs", "read-write")
        setting("application_name", "keyturn")
        setting("connect_timeout", "4")
        // For ever, in libpq's words.
        if let limit = settings["connect_timeout"].flatMap({ Int($0) }), limit <= 0 || limit > 30 {
            settings["connect_timeout"] = "30"
        }
        setting("tcp_user_timeout", "8000")
        setting("keepalives_idle", "5")
        setting("keepalives_interval", "2")
        setting("keepalives_count", "3")
        settings["client_encoding"] = "UTF8"
        if let authorities, settings["sslmode"]?.hasPrefix("verify-") == true, !Self.hasAuthorities {
            setting("sslrootcert", authorities)
        }
        pairs = settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let host = found["host"] ?? found["hostaddr"] ?? found["service"].map { "service \($0)" } ?? "localhost"
        let port = found["port"].map { ":\($0)" } ?? ""
        place = "postgresql://\(host)\(port)/\(found["dbname"] ?? "")"
    }

    /// Whether libpq finds certificate authorities where it looks by itself.
    private static var hasAuthorities: Bool {
        if getenv("PGSSLROOTCERT") != nil { return true }
        guard let home = getenv("HOME") else { return false }
        return access(String(cString: home) + "/.postgresql/root.crt", R_OK) == 0
    }

    private static func parse(_ address: String) throws(StoreError) -> [String: String] {
        let libpq = try LibPQ.functions()
        var error: UnsafeMutablePointer<CChar>?
        guard let options = libpq.PQconninfoParse(address, &error) else {
            defer { libpq.PQfreemem(error) }
            // libpq quotes what it cannot read, and that may be a part of a password.
            throw StoreError(
                .unavailable, "libpq cannot read it; the form is postgresql://HOST[:PORT]/DATABASE[?SETTING=VALUE&…]")
        }
        defer { libpq.PQconninfoFree(options) }
        var found: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return found
    }
}
