internal import FoundationEssentials
internal import Secrets

/// `~/.aws/credentials` and `~/.aws/config`, with profiles.
struct SharedFiles: CredentialSource {
    let profile: String?
    let environment: [String: String]

    var name: String { "the shared files (profile \(chosenProfile))" }

    private var chosenProfile: String { profile ?? environment["AWS_PROFILE"] ?? "default" }

    func credentials() throws(AWSError) -> Credentials? {
        let credentials = try read("AWS_SHARED_CREDENTIALS_FILE", "credentials").section(chosenProfile)
        let config = try read("AWS_CONFIG_FILE", "config")
        let settings = config.section("profile \(chosenProfile)") ?? config.section(chosenProfile)
        guard credentials != nil || settings != nil else {
            if profile == nil, environment["AWS_PROFILE"] == nil { return nil }
            throw AWSError(.denied, "the shared files have no profile \(chosenProfile)")
        }
        for section in [credentials, settings].compactMap({ $0 }) {
            guard let id = section["aws_access_key_id"] else { continue }
            guard let secret = section["aws_secret_access_key"] else {
                throw AWSError(.denied, "profile \(chosenProfile) has a key ID and no aws_secret_access_key")
            }
            let token = section["aws_session_token"].map { Secret.text($0) }
            return Credentials(pair: KeyPair(id: id, secret: .text(secret)), sessionToken: token)
        }
        throw AWSError(
            .denied,
            "profile \(chosenProfile) has no access key; keyturn reads aws_access_key_id and aws_secret_access_key")
    }

    private func read(_ variable: String, _ file: String) throws(AWSError) -> ProfileFile {
        let path = environment[variable] ?? "\(environment["HOME"] ?? "")/.aws/\(file)"
        guard FileManager.default.fileExists(atPath: path) else { return ProfileFile(text: "") }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw AWSError(.denied, "\(path) cannot be read")
        }
        return ProfileFile(text: text)
    }
}

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
                section = trimmed.dropFirst().prefix { $0 != "]" }.trimmed
                if let section, sections[section] == nil { sections[section] = [:] }
            } else if let section, line.first?.isWhitespace != true, let equals = trimmed.firstIndex(of: "=") {
                let name = trimmed[..<equals].trimmed.lowercased()
                sections[section]?[name] = trimmed[trimmed.index(after: equals)...].trimmed
            }
        }
    }

    func section(_ name: String) -> [String: String]? { sections[name] }
}

extension StringProtocol {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
