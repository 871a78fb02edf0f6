internal import JSON

/// Where the state is kept.
public enum StateLocation: Hashable, Sendable {
    /// One file of SQLite.
    case sqlite(String)
    /// A database of PostgreSQL: a URI of libpq without a password, and where that is; nil: libpq looks for it.
    case postgres(String, password: SecretReference?)
    /// A table of DynamoDB; region and base URL are those of `aws` unless said otherwise.
    case dynamo(table: String, region: String?, endpoint: String?)

    /// For texts: without settings, which are of no interest there.
    public var place: String {
        switch self {
        case .sqlite(let path): path
        case .postgres(let address, _): String(address.prefix { $0 != "?" })
        case .dynamo(let table, _, _): "dynamodb://\(table)"
        }
    }

    /// The file; nil: it is kept by a server.
    public var file: String? { if case .sqlite(let path) = self { path } else { nil } }

    static let forms =
        "sqlite:PATH, postgresql://HOST[:PORT]/DATABASE[?SETTING=VALUE&…] or dynamodb://TABLE[?region=REGION]"

    /// Reads one that is elsewhere than in the file, such as in an option.
    ///
    /// - Parameter directory: what a path is relative to.
    /// - Throws: an error about `state`; its password is where libpq looks for it.
    public init(option text: String, directory: String) throws(ConfigurationError) {
        let member = Field.Member(name: "state", line: 1, field: Field(line: 1, value: .scalar(.string(text))))
        var reader = try MappingReader(Field(line: 1, value: .mapping([member])), "", "option")
        self = try Self(&reader, file: "option", directory: directory)
    }

    init(_ reader: inout MappingReader, file: String, directory: String) throws(ConfigurationError) {
        guard let text = try reader.string("state") else {
            throw reader.missing("state", "is missing, such as sqlite:state.db")
        }
        let password = reader.field("state-password")
        if password != nil, !Self.schemes.contains(where: text.hasPrefix) {
            throw reader.error("state-password", "is for a state in PostgreSQL; this one needs none")
        }
        if text.hasPrefix("sqlite:"), text.count > 7 {
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
        } else if text.hasPrefix("dynamodb://") {
            self = try Self.dynamo(text.dropFirst(11), reader)
        } else {
            throw reader.error("state", "must have the form \(Self.forms)")
        }
    }

    /// Names of tables: 3 to 255 letters, digits, `_`, `-` and `.` (Amazon DynamoDB's developer guide, "Naming rules").
    private static func dynamo(_ rest: Substring, _ reader: MappingReader) throws(ConfigurationError) -> StateLocation {
        let table = rest.prefix { $0 != "?" }
        let isName = table.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        guard isName, (3...255).contains(table.utf8.count) else {
            throw reader.error("state", "has a table whose name DynamoDB does not take: 3 to 255 of A-Z a-z 0-9 _ - .")
        }
        var (region, endpoint) = (String?.none, String?.none)
        for setting in rest.dropFirst(table.count + 1).split(separator: "&") {
            let value = String(setting.drop { $0 != "=" }.dropFirst())
            switch setting.prefix(while: { $0 != "=" }) {
            case "region" where !value.isEmpty: region = value
            case "endpoint-url":
                guard ServiceURL.isAllowed(value) else {
                    throw reader.error("state", "has an `endpoint-url` that \(ServiceURL.rule)")
                }
                endpoint = value
            default:
                throw reader.error(
                    "state", "may have the settings region and endpoint-url, as dynamodb://TABLE?region=REGION")
            }
        }
        return .dynamo(table: String(table), region: region, endpoint: endpoint)
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
