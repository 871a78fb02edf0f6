import PusherKit

/// A file, and where in it the pair is kept.
struct Target: JSONReadable, Sendable {
    let path: String
    let format: Format

    private enum Kind: String, JSONReadable {
        case credentials, dotenv
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        path = try fields.value("path")
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
            throw fields.wrong("path", "is not the absolute path of a file")
        }
        let profile: String? = try fields.optional("profile")
        let id: String = try fields.value("access-key-id")
        let secret: String = try fields.value("secret-access-key")
        switch try fields.optional("format") ?? Kind.credentials {
        case .credentials:
            guard id == "AWS_ACCESS_KEY_ID", secret == "AWS_SECRET_ACCESS_KEY" else {
                throw fields.wrong("access-key-id", "names a variable, which format: dotenv alone has")
            }
            let name = profile ?? "default"
            guard Self.isProfile(name) else { throw fields.wrong("profile", "is not the name of a profile") }
            format = .credentials(CredentialsFile(profile: name))
        case .dotenv:
            guard profile == nil else { throw fields.wrong("profile", "has no effect with format: dotenv") }
            guard id != secret, Dotenv.isName(id), Dotenv.isName(secret) else {
                throw fields.wrong("access-key-id", "is not the name of a variable, or that of secret-access-key too")
            }
            format = .dotenv(Dotenv(accessKeyID: id, secretAccessKey: secret))
        }
    }

    /// What a header of the file can hold: no brackets, line ends and other control characters, no blanks around it.
    private static func isProfile(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]")
        }
        return !name.isEmpty && isPlain && !name.hasPrefix(" ") && !name.hasSuffix(" ")
    }

    /// What messages begin with.
    var subject: String { oneLine("File: \(path)" + (format.place.map { " (\($0))" } ?? "")) }
}

/// How the pair is written in a file.
enum Format: Sendable {
    /// As a profile of AWS's shared credentials file.
    case credentials(CredentialsFile)
    /// As two variables.
    case dotenv(Dotenv)

    /// Where in the file, in words.
    var place: String? {
        switch self {
        case .credentials(let file): "profile \(file.profile)"
        case .dotenv(let file): "\(file.accessKeyID), \(file.secretAccessKey)"
        }
    }

    func keyID(in contents: SecretBytes) -> String? {
        switch self {
        case .credentials(let file): file.keyID(in: contents)
        case .dotenv(let file): file.value(file.accessKeyID, in: contents)?.text
        }
    }

    func holds(_ pair: borrowing KeyPair, in contents: SecretBytes) -> Bool {
        guard keyID(in: contents) == pair.accessKeyID else { return false }
        return switch self {
        case .credentials(let file): file.holds(pair.secretAccessKey, in: contents)
        case .dotenv(let file): file.value(file.secretAccessKey, in: contents) == pair.secretAccessKey
        }
    }

    /// Why a pair cannot be put into a file, in words; nil: it can.
    func problem(in contents: SecretBytes) -> String? {
        switch self {
        case .credentials(let file): file.problem(in: contents)
        case .dotenv(let file): file.problem(in: contents)
        }
    }

    /// The file with the pair in it, and everything else as it was. Nil where there is a problem.
    func contents(_ pair: borrowing KeyPair, keeping old: SecretBytes) -> SecretBytes? {
        guard problem(in: old) == nil else { return nil }
        return switch self {
        case .credentials(let file):
            file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey, keeping: old)
        case .dotenv(let file):
            file.contents(keyID: SecretBytes(pair.accessKeyID), secret: pair.secretAccessKey, keeping: old)
        }
    }
}
