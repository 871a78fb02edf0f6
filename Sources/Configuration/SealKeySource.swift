internal import FoundationEssentials

/// Where a seal key is kept.
public enum SealKeySource: Hashable, Sendable {
    /// 32 bytes in base64.
    case kept(SecretReference)
    /// Sealed by a key of KMS, which is asked once at start.
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
            sources.append(try SealKeySource(field, "seal-key[\(index)]", file: file, directory: directory))
        }
        return sources
    }
}

/// `{ kms: { key: ARN, sealed: BASE64 } }`
public struct KMSSealKey: Hashable, Sendable {
    /// The ARN of the KMS key.
    public var key: String
    /// The seal key as KMS sealed it, in base64: not secret.
    public var sealed: String
    /// For error texts: `seal-key.kms`.
    public private(set) var place: String
    /// The line.
    public private(set) var line: Int

    init(_ field: Field, _ place: String, _ file: String) throws(ConfigurationError) {
        var reader = try MappingReader(field, place, file)
        guard let key = try reader.string("key") else {
            throw reader.missing("key", "is missing: the ARN of a KMS key")
        }
        let parts = key.split(separator: ":", omittingEmptySubsequences: false)
        let isKey = parts.count == 6 && (parts[5].hasPrefix("key/") || parts[5].hasPrefix("alias/"))
        guard isKey, parts[0] == "arn", parts[2] == "kms", !parts[3].isEmpty, parts[4].utf8.count == 12 else {
            throw reader.error("key", "must have the form arn:aws:kms:REGION:123456789012:key/ID")
        }
        guard let text = try reader.string("sealed") else {
            throw reader.missing("sealed", "is missing; `keyturn seal-key new --kms \(key)` makes it")
        }
        let sealed = text.filter { !$0.isWhitespace }
        guard let data = Data(base64Encoded: sealed), (1...6_144).contains(data.count) else {
            throw reader.error("sealed", "must be base64, as `keyturn seal-key new --kms \(key)` prints it")
        }
        try reader.end()
        (self.key, self.sealed, self.place, line) = (key, sealed, place, field.line)
    }
}
