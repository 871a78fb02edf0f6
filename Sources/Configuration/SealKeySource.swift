internal import FoundationEssentials

/// Where a seal key is kept.
public enum SealKeySource: Hashable, Sendable {
    /// 32 bytes in base64.
    case kept(SecretReference)
    /// Sealed by a key of KMS, which is asked once at start; where it is not given it is kept in the state.
    case kms(KMSSealKey)

    /// More would be a mistake: two are there while one is replaced by another.
    static let most = 8

    init(_ field: Field, _ place: String, file: String, directory: String) throws(ConfigurationError) {
        guard case .mapping(let members) = field.value, members.contains(where: { $0.name == "kms" }) else {
            self = .kept(try SecretReference(field, place, file: file, directory: directory))
            return
        }
        var reader = try MappingReader(field, place, file)
        guard let kms = reader.field("kms") else { throw reader.missing("kms", "is missing") }
        try reader.end()
        self = .kms(try KMSSealKey(kms, "\(place).kms", file))
    }

    /// The line.
    public var line: Int {
        switch self {
        case .kept(let reference): reference.line
        case .kms(let key): key.line
        }
    }

    /// For error texts: `seal-key`.
    public var place: String {
        switch self {
        case .kept(let reference): reference.place
        case .kms(let key): key.place
        }
    }

    private func keepsInState(_ key: String) -> Bool {
        if case .kms(let own) = self { own.sealed == nil && own.key == key } else { false }
    }

    /// One, or a list of them.
    static func read(_ field: Field, file: String, directory: String) throws(ConfigurationError) -> [SealKeySource] {
        guard case .list(let fields) = field.value else {
            return [try SealKeySource(field, "seal-key", file: file, directory: directory)]
        }
        guard (1...most).contains(fields.count) else {
            throw ConfigurationError(file: file, line: field.line, "`seal-key` must have one to \(most) keys")
        }
        var sources: [SealKeySource] = []
        for (index, field) in fields.enumerated() {
            let source = try SealKeySource(field, "seal-key[\(index)]", file: file, directory: directory)
            if case .kms(let key) = source, key.sealed == nil, sources.contains(where: { $0.keepsInState(key.key) }) {
                throw ConfigurationError(
                    file: file, line: key.line,
                    "`\(key.place)`: the state keeps one seal key of each KMS key, and \(key.key) is there twice; "
                        + "`keyturn seal-key new --kms \(key.isAlias ? "KEY-ARN" : key.key)` makes another one")
            }
            sources.append(source)
        }
        return sources
    }
}

/// `{ kms: { key: ARN, sealed: BASE64 } }`, or `{ kms: { key: ARN-or-alias } }`: then keyturn has KMS make the key, and keeps it, sealed,
/// in the state.
public struct KMSSealKey: Hashable, Sendable {
    /// The ARN of the KMS key or of its alias; without ``sealed`` also `alias/NAME`, which is looked for in the region of `aws`.
    public var key: String
    /// The seal key as KMS sealed it, in base64: not secret. nil: it is kept in the state.
    public var sealed: String?
    /// For error texts: `seal-key.kms`.
    public private(set) var place: String
    /// The line.
    public private(set) var line: Int

    /// Whether the KMS key is named by an alias alone, without account and region.
    public var isAlias: Bool { key.hasPrefix("alias/") }

    init(_ field: Field, _ place: String, _ file: String) throws(ConfigurationError) {
        var reader = try MappingReader(field, place, file)
        guard let key = try reader.string("key") else {
            throw reader.missing("key", "is missing: the ARN of a KMS key, or alias/NAME")
        }
        let text = try reader.string("sealed")
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        let isKey = parts.count == 6 && (parts[5].hasPrefix("key/") || parts[5].hasPrefix("alias/"))
        let isARN = isKey && parts[0] == "arn" && parts[2] == "kms" && !parts[3].isEmpty && parts[4].utf8.count == 12
        // What is sealed was sealed by one key. An alias alone names whichever key the account has under it.
        guard isARN || text == nil && Self.isAlias(key) else {
            let alias = text == nil ? ", or alias/NAME" : ""
            throw reader.error("key", "must have the form arn:aws:kms:REGION:123456789012:key/ID\(alias)")
        }
        let sealed = text?.filter { !$0.isWhitespace }
        if let sealed {
            guard let data = Data(base64Encoded: sealed), (1...6_144).contains(data.count) else {
                throw reader.error("sealed", "must be base64, as `keyturn seal-key new --kms \(key)` prints it")
            }
        }
        try reader.end()
        (self.key, self.sealed, self.place, line) = (key, sealed, place, field.line)
    }

    /// `alias/` and 1 to 250 letters, digits, `/`, `_` and `-`. `alias/aws/…` are keys of AWS services, which seal for no one else.
    private static func isAlias(_ text: String) -> Bool {
        text.hasPrefix("alias/") && !text.hasPrefix("alias/aws/") && (7...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2F, 0x5F: true
                default: false
                }
            }
    }
}
