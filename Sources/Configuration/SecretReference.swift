internal import FileTrust
internal import FoundationEssentials
internal import JSON
internal import Programs
public import Secrets

/// Where a secret is kept: `{ env: NAME }`, `{ file: PATH }`, `{ command: [ARG, …] }`, `{ secretsmanager: NAME }` or `{ ssm: NAME }`; the
/// command with `environment: [NAME, …]` where it needs more variables than the ordinary ones, and `secretsmanager` with `key: FIELD` where
/// the secret is a JSON object. Never the secret itself.
public struct SecretReference: Hashable, Sendable {
    /// The kinds.
    public enum Source: Hashable, Sendable {
        case environment(String)
        case file(String)
        case command([String], environment: [String])
        /// A secret of AWS Secrets Manager, by its name or its whole ARN; with the member of the JSON object that it is, nil: the whole.
        case secretsManager(String, key: String?)
        /// A parameter of AWS Systems Manager, by its name or its whole ARN.
        case parameter(String)

        /// Where it is kept, for comparing.
        var words: String {
            switch self {
            case .environment(let name): "env \(name)"
            case .file(let path): "file \(path)"
            case .command(let words, _): "command \(words.joined(separator: " "))"
            case .secretsManager(let name, let key): "secretsmanager \(name) \(key ?? "")"
            case .parameter(let name): "ssm \(name)"
            }
        }

        /// Whether it is kept by AWS, and fetched with credentials of `aws`.
        public var isKeptByAWS: Bool {
            switch self {
            case .environment, .file, .command: false
            case .secretsManager, .parameter: true
            }
        }
    }

    /// The longest secret, in bytes.
    private static let sizeLimit = 64 << 10
    /// The longest that a command may take.
    private static let commandLimit: Duration = .seconds(30)

    /// Where it is kept.
    public var source: Source
    /// The file that it is kept in; nil: it is kept elsewhere.
    public var path: String? { if case .file(let path) = source { path } else { nil } }
    /// For error texts: `pushers.travis.token`.
    public private(set) var place: String
    var file: String
    var line: Int

    init(_ field: Field, _ place: String, file: String, directory: String) throws(ConfigurationError) {
        self.place = place
        self.file = file
        line = field.line
        let forms =
            "{ env: NAME }, { file: PATH }, { command: [ARG, …] }, { secretsmanager: NAME } or { ssm: NAME }"
        func wrong(_ message: String) -> ConfigurationError {
            ConfigurationError(file: file, line: field.line, "`\(place)` \(message)")
        }
        guard case .mapping(let members) = field.value else {
            throw wrong("is a secret, and a secret is never written here: use \(forms)")
        }
        let sources = members.filter { !["environment", "key"].contains($0.name) }
        let further = Set(members.map(\.name)).subtracting(sources.map(\.name))
        guard sources.count == 1, let member = sources.first,
            further.isSubset(of: Self.further[member.name].map { [$0] } ?? []),
            members.count == further.count + 1
        else { throw wrong("must be \(forms)") }
        let (text, words) = (member.field.json.string ?? "", member.field.json.strings ?? [])
        switch member.name {
        case "env" where !text.isEmpty: source = .environment(text)
        case "file" where !text.isEmpty: source = .file(Paths.absolute(text, from: directory))
        case "command" where !words.isEmpty:
            let named = members.first { $0.name == "environment" }?.field
            source = .command(words, environment: try Self.readNames(named, "\(place).environment", file))
        case "secretsmanager" where Self.isName(text, 2_048):
            let key = members.first { $0.name == "key" }?.field
            guard key.map({ $0.json.string?.isEmpty == false }) ?? true else {
                throw wrong("has a `key` that must be a text: the field of the JSON object that the secret is")
            }
            source = .secretsManager(text, key: key?.json.string)
        case "ssm" where Self.isName(text, 2_048): source = .parameter(text)
        default: throw wrong("must be \(forms)")
        }
    }

    /// What may stand next to a kind.
    private static let further = ["command": "environment", "secretsmanager": "key"]

    /// Whether AWS may know something by that name: printable ASCII without blanks, at most this many characters.
    private static func isName(_ text: String, _ longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Names of variables that a program gets besides the ordinary ones.
    static func readNames(_ field: Field?, _ place: String, _ file: String) throws(ConfigurationError) -> [String] {
        guard let field else { return [] }
        guard case .list(let fields) = field.value, let names = field.json.strings, names.count == fields.count,
            names.allSatisfy(ProgramEnvironment.isName)
        else {
            throw ConfigurationError(
                file: file, line: field.line, "`\(place)` must be a list of names of environment variables")
        }
        return names
    }

    /// Whether a value has the form of a reference.
    static func isReference(_ field: Field) -> Bool {
        guard case .mapping(let members) = field.value else { return false }
        let names = Set(members.map(\.name))
        return names == ["command", "environment"] || names == ["secretsmanager", "key"]
            || names.count == 1 && names.isSubset(of: ["env", "file", "command", "secretsmanager", "ssm"])
    }

    /// Fetches the secret. Line breaks at its end do not belong to it.
    ///
    /// - Parameter fetched: those that AWS keeps.
    public func resolve(
        environment: [String: String], fetched: FetchedSecrets = FetchedSecrets()
    ) throws(ConfigurationError) -> Secret {
        var bytes: [UInt8]
        switch source {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw error("the environment variable \(name) is not set")
            }
            bytes = Array(value.utf8)
        case .file(let path): bytes = try read(path)
        case .command(let words, let names): bytes = try run(words, environment, names)
        case .secretsManager, .parameter:
            guard let secret = fetched[source] else { throw error("it was not fetched from AWS") }
            bytes = secret.withBytes { Array($0) }
        }
        defer { Secret.wipe(&bytes) }
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw error("the secret is empty") }
        guard bytes.count <= Self.sizeLimit else { throw error("the secret is longer than \(Self.sizeLimit) bytes") }
        guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) else {
            throw error("the secret holds control characters, so it is not text")
        }
        return .taking(&bytes)
    }

    /// An error of this reference: file, line and field.
    public func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, "`\(place)`: \(message)")
    }

    private func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do throws(TrustedFile.Failure) { return try TrustedFile.read(path, limit: Self.sizeLimit + 2) } catch {
            switch error {
            case .unreadable(let reason): throw self.error("\(path) cannot be read: \(reason)")
            case .untrusted(let problem):
                var refusal = self.error(problem)
                refusal.isUntrusted = true
                throw refusal
            }
        }
    }

    private func run(
        _ words: [String], _ environment: [String: String], _ names: [String]
    ) throws(ConfigurationError) -> [UInt8] {
        let program = Program(
            words, environment: ProgramEnvironment.of(environment, named: names), timeLimit: Self.commandLimit,
            outputLimit: Self.sizeLimit + 2, secrets: names.compactMap { environment[$0].map { .text($0) } })
        do throws(ProgramFailure) {
            return try program.run().withBytes { Array($0) }
        } catch {
            throw self.error(
                "the command \(error); nothing was changed; \(error.remedy); if it needs other variables, name them in "
                    + "`environment: [NAME]` next to `command`")
        }
    }
}

/// Secrets that AWS keeps, as they were when a command or a configuration began.
public struct FetchedSecrets: Sendable {
    private var secrets: [SecretReference.Source: Secret] = [:]

    /// None.
    public init() {}

    /// One of them; nil: it was not fetched.
    public subscript(source: SecretReference.Source) -> Secret? {
        get { secrets[source] }
        set { secrets[source] = newValue }
    }
}

/// Paths of the file are relative to the file's own directory.
enum Paths {
    static func absolute(_ path: String, from directory: String) -> String {
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("~/") { return FileManager.default.homeDirectoryForCurrentUser.path + path.dropFirst(1) }
        // `..` stays: what is above a directory that is a link shows only when it is followed.
        let place = URL(fileURLWithPath: directory).path
        return ([place] + path.split(separator: "/").filter { $0 != "." }.map(String.init)).joined(separator: "/")
    }
}
