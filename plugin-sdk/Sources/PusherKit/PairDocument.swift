/// How one value holds the whole pair, which is then never half written: what `shape` of a target says.
public enum PairDocument: Sendable {
    /// A JSON object with two members, among others that are kept.
    case json(accessKeyID: String, secretAccessKey: String)
    /// An AWS shared credentials file, whose other profiles are kept.
    case credentialsFile(CredentialsFile)

    /// Reads `shape` (`json` where it is missing, or `credentials-file`), the names of the two members, and `profile`.
    public init(fields: JSONValue) throws(JSONMismatch) {
        switch try fields.optional("shape") ?? "json" {
        case "json":
            self = .json(
                accessKeyID: try fields.value("access-key-id"), secretAccessKey: try fields.value("secret-access-key"))
        case "credentials-file":
            self = .credentialsFile(CredentialsFile(profile: try fields.optional("profile") ?? "default"))
        case let other: throw fields.wrong("shape", "\(oneLine(other, limit: 40)) is neither json nor credentials-file")
        }
    }

    /// The value with the pair in it, and everything else as it was.
    ///
    /// - Parameter old: what it was before; nil: nothing, or nothing that is to be kept.
    /// - Returns: nil where `old` is of another form, or has the profile twice: nothing in it can be kept.
    public func contents(_ pair: borrowing KeyPair, keeping old: SecretBytes?) -> SecretBytes? {
        switch self {
        case .json(let accessKeyID, let secretAccessKey):
            guard let old else {
                var body = JSONBody()
                body.set(accessKeyID, pair.accessKeyID)
                body.set(secretAccessKey, pair.secretAccessKey)
                return body.bytes()
            }
            return (try? old.json())?.setting([
                (accessKeyID, SecretBytes(pair.accessKeyID)), (secretAccessKey, pair.secretAccessKey),
            ])
        case .credentialsFile(let file):
            guard let old else { return file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey) }
            return file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey, keeping: old)
        }
    }

    /// Whether the rest of a value, without the pair, can be kept.
    public func canKeep(_ value: SecretBytes) -> Bool {
        switch self {
        case .json: (try? value.json())?.kind == .object
        case .credentialsFile(let file):
            file.contents(keyID: "AKIA", secret: SecretBytes("a secret"), keeping: value) != nil
        }
    }

    /// The key ID in a value, or nil where there is none.
    public func keyID(in value: SecretBytes) -> String? {
        switch self {
        case .json(let accessKeyID, _): try? (try? value.json())?.value(accessKeyID, as: String.self)
        case .credentialsFile(let file): file.keyID(in: value)
        }
    }

    /// Whether a value holds exactly that pair.
    public func holds(_ pair: borrowing KeyPair, in value: SecretBytes) -> Bool {
        guard keyID(in: value) == pair.accessKeyID else { return false }
        switch self {
        case .json(_, let secretAccessKey):
            let secret = try? (try? value.json())?.value(secretAccessKey, as: SecretBytes.self)
            return secret == pair.secretAccessKey
        case .credentialsFile(let file): return file.holds(pair.secretAccessKey, in: value)
        }
    }
}
