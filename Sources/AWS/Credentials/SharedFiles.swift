internal import FileTrust
internal import FoundationEssentials
internal import Glibc
internal import Secrets

/// `~/.aws/credentials` and `~/.aws/config`, as they are now.
struct SharedFiles {
    /// The largest of the two that is read, in bytes.
    private static let sizeLimit = 1 << 20

    private let credentials: ProfileFile
    private let config: ProfileFile

    init(environment: [String: String]) throws(AWSError) {
        credentials = try Self.read(Self.credentialsPath(environment))
        config = try Self.read(Self.configPath(environment))
    }

    /// Where the credentials file is.
    static func credentialsPath(_ environment: [String: String]) -> String {
        path("AWS_SHARED_CREDENTIALS_FILE", "credentials", environment)
    }

    /// Where the other settings are.
    static func configPath(_ environment: [String: String]) -> String { path("AWS_CONFIG_FILE", "config", environment) }

    /// - Returns: empty where the variable is set to nothing: AWS's tools read no file then.
    private static func path(_ variable: String, _ file: String, _ environment: [String: String]) -> String {
        HomePath.expanded(environment[variable] ?? "~/.aws/\(file)", environment)
    }

    private static func read(_ path: String) throws(AWSError) -> ProfileFile {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            guard errno == EACCES else { return ProfileFile(path: path) }
            throw AWSError(.denied, "\(path) cannot be read: \(FileAccess.refusal(unread: path))")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AWSError(.denied, "\(path) cannot be read: \(FileAccess.refusal(unread: path))")
        }
        guard data.count <= sizeLimit else {
            throw AWSError(.denied, "\(path) cannot be read: it is larger than \(sizeLimit >> 20) MiB")
        }
        var bytes = [UInt8](data)
        defer { Secret.wipe(&bytes) }
        return try ProfileFile(path: path, bytes)
    }

    /// What both files say of a profile; nil: neither has it.
    func profile(_ name: String) -> Profile? {
        let settings = config.sections(of: "profile")[name]
        let own = credentials.section(name)
        guard own != nil || settings != nil else { return nil }
        return Profile(
            name: name, credentials: own ?? [:], config: settings ?? [:],
            paths: (credentials: credentials.path, config: config.path))
    }

    /// The settings of a service in a `[services NAME]` section of the config file; nil: there is no such section.
    func services(_ name: String) -> [String: ProfileFile.Value]? { config.sections(of: "services")[name] }
}

/// Where profiles are, for whoever must not see what they say.
public enum SharedProfiles {
    /// The paths of the shared files, that with credentials first.
    public static func files(_ environment: [String: String]) -> [String] {
        [SharedFiles.credentialsPath(environment), SharedFiles.configPath(environment)]
    }

    /// The file that a profile is in, that with credentials first; nil: in neither.
    ///
    /// - Throws: where AWS's tools do not read the files either.
    public static func file(of name: String, _ environment: [String: String]) throws(AWSError) -> String? {
        try SharedFiles(environment: environment).profile(name).map {
            $0.credentials.isEmpty ? $0.paths.config : $0.paths.credentials
        }
    }
}

/// One profile of the shared files.
struct Profile {
    var name: String
    /// What `~/.aws/credentials` says.
    var credentials: [String: ProfileFile.Value]
    /// What `~/.aws/config` says.
    var config: [String: ProfileFile.Value]
    var paths: (credentials: String, config: String)

    /// A setting; the credentials file comes first, as with botocore.
    subscript(setting: String) -> String? {
        (credentials[setting] ?? config[setting]).flatMap { $0.text.isEmpty ? nil : $0.text }
    }

    /// Where a setting is: `/home/me/.aws/config:7`.
    func place(_ setting: String) -> String {
        if let value = credentials[setting] { return "\(paths.credentials):\(value.line)" }
        return config[setting].map { "\(paths.config):\($0.line)" } ?? "profile \(name)"
    }

    var hasRole: Bool { self["role_arn"] != nil && self["web_identity_token_file"] == nil }
    var hasKeys: Bool { self["aws_access_key_id"] != nil || self["aws_secret_access_key"] != nil }
}
