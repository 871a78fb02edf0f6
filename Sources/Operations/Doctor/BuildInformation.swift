internal import AWS
internal import CZlib
internal import Configuration
internal import Enclosure
internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import PostgresStore
internal import PusherHost
internal import SQLiteStore
internal import Secrets

/// What this keyturn is made of: `keyturn --version --verbose`.
package struct BuildInformation: Encodable, Sendable {
    package var version: String
    /// nil: it was not built in a checkout.
    package var commit: String?
    /// nil: it was not installed by `make install`.
    package var compiler: String?
    /// The directory above `bin`.
    package var prefix: String
    /// The version of the plugin ABI.
    package var abi: String
    /// What is linked, by name.
    package var libraries: [String: String]
    /// What a pusher is sandboxed by on this machine, and what of it this machine lacks.
    package var sandbox: [String]
    package var missing: [String]

    /// Written by `make install`.
    private static let file = "share/keyturn/build.json"

    package init(version: String, installation: Installation = .current) {
        self.version = version
        prefix = installation.prefix
        let written = FileManager.default.contents(atPath: "\(installation.prefix)/\(Self.file)")
        let facts = written.flatMap { JSONValue(parsing: Array($0)) }
        commit = facts?["commit"]?.string
        compiler = facts?["compiler"]?.string
        abi = PluginABI.version
        libraries = [
            "libcurl": HTTPLibrary.version, "sqlite": SQLiteLibrary.version,
            "libpq": PostgresLibrary.version ?? "not installed",
            "libsodium": SodiumLibrary.version, "libyaml": YAMLLibrary.version, "expat": XMLLibrary.version,
            "zlib": String(cString: zlibVersion()),
        ]
        sandbox = Enclosure.report.filter(\.isThere).map(\.wall)
        missing = Enclosure.report.filter { !$0.isThere }.map(\.wall)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(commit, forKey: .commit)
        try container.encode(compiler, forKey: .compiler)
        try container.encode(prefix, forKey: .prefix)
        try container.encode(abi, forKey: .abi)
        try container.encode(libraries, forKey: .libraries)
        try container.encode(sandbox, forKey: .sandbox)
        try container.encode(missing, forKey: .missing)
    }

    private enum CodingKeys: CodingKey { case version, commit, compiler, prefix, abi, libraries, sandbox, missing }
}
