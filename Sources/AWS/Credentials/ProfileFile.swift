internal import FoundationEssentials

/// The INI dialect of the shared files, as the AWS SDKs and Tools Reference Guide describes it: `[section]`,
/// `name = value`, comments on lines of their own, indented lines belong to the setting before and are passed over.
struct ProfileFile {
    private var sections: [String: [String: String]] = [:]

    init(text: String) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = line.trimmed
            guard let first = trimmed.first, first != "#", first != ";" else { continue }
            if first == "[" {
                section = Self.sectionName(trimmed)
                if let section, sections[section] == nil { sections[section] = [:] }
            } else if let section, line.first?.isWhitespace != true, let equals = trimmed.firstIndex(of: "=") {
                let name = trimmed[..<equals].trimmed.lowercased()
                sections[section]?[name] = trimmed[trimmed.index(after: equals)...].trimmed
            }
        }
    }

    /// The name between the brackets; a profile's may stand in quotes, with any space before.
    static func sectionName(_ line: some StringProtocol) -> String {
        let inner = line.trimmed.dropFirst().prefix { $0 != "]" }.trimmed
        let words = inner.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "profile" else { return inner }
        let name = words[1].trimmed
        let isQuoted = name.count > 1 && (name.first == "\"" || name.first == "'") && name.last == name.first
        return "profile " + (isQuoted ? String(name.dropFirst().dropLast()) : name)
    }

    func section(_ name: String) -> [String: String]? { sections[name] }
}

extension StringProtocol {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// `~/.aws/credentials` and `~/.aws/config`, as they are now.
struct SharedFiles {
    /// The largest of the two that is read, in bytes.
    private static let sizeLimit = 1 << 20

    private let credentials: ProfileFile
    private let config: ProfileFile

    init(environment: [String: String]) throws(AWSError) {
        credentials = try Self.read(Self.credentialsPath(environment))
        config = try Self.read(Self.path("AWS_CONFIG_FILE", "config", environment))
    }

    /// Where the credentials file is.
    static func credentialsPath(_ environment: [String: String]) -> String {
        path("AWS_SHARED_CREDENTIALS_FILE", "credentials", environment)
    }

    private static func path(_ variable: String, _ file: String, _ environment: [String: String]) -> String {
        let home = environment["HOME"] ?? ""
        guard let named = environment[variable], !named.isEmpty else { return "\(home)/.aws/\(file)" }
        return named.hasPrefix("~/") ? home + named.dropFirst(1) : named
    }

    private static func read(_ path: String) throws(AWSError) -> ProfileFile {
        guard FileManager.default.fileExists(atPath: path) else { return ProfileFile(text: "") }
        guard let data = FileManager.default.contents(atPath: path), data.count <= sizeLimit,
            let text = String(data: data, encoding: .utf8)
        else { throw AWSError(.denied, "\(path) cannot be read as UTF-8 of at most \(sizeLimit >> 20) MiB") }
        return ProfileFile(text: text)
    }

    /// What both files say of a profile; nil: neither has it.
    func profile(_ name: String) -> Profile? {
        let settings = config.section("profile \(name)") ?? (name == "default" ? config.section(name) : nil)
        let own = credentials.section(name)
        guard own != nil || settings != nil else { return nil }
        return Profile(name: name, credentials: own ?? [:], config: settings ?? [:])
    }
}

/// One profile of the shared files.
struct Profile {
    var name: String
    /// What `~/.aws/credentials` says.
    var credentials: [String: String]
    /// What `~/.aws/config` says.
    var config: [String: String]

    /// A setting; the credentials file comes first, as with botocore.
    subscript(setting: String) -> String? {
        (credentials[setting] ?? config[setting]).flatMap { $0.isEmpty ? nil : $0 }
    }

    var hasRole: Bool { self["role_arn"] != nil && self["web_identity_token_file"] == nil }
    var hasKeys: Bool { self["aws_access_key_id"] != nil || self["aws_secret_access_key"] != nil }
}
