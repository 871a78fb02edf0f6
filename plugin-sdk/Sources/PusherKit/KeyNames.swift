/// A variable or secret as a service's listing shows it: what `keyEntries` puts together to pairs.
public struct ListedName: Sendable {
    /// Its name.
    public let name: String
    /// The access key IDs in its value; nil where the value cannot be read.
    public let keyIDs: [String]?
    /// Whether the value is nothing but a key ID.
    public let isKeyID: Bool
    /// When it was last written, as RFC 3339.
    public let changedAt: String?
    /// The profile of a credentials file in which each key ID is.
    let profiles: [String]

    /// One whose value cannot be read.
    public init(_ name: String, changedAt: String? = nil) {
        self.name = name
        self.changedAt = changedAt
        (keyIDs, isKeyID, profiles) = (nil, false, [])
    }

    /// One whose value can be read. Of the value nothing but the key IDs in it is kept.
    public init(_ name: String, value: SecretBytes, changedAt: String? = nil) {
        self.name = name
        self.changedAt = changedAt
        let found = value.accessKeyIDs
        keyIDs = found
        isKeyID = found.count == 1 && value.trimmedCount == found[0].utf8.count
        profiles = isKeyID ? [] : found.map { value.profile(of: $0) }
    }
}

/// What may hold one access key: a pair of names, one name whose partner is elsewhere, or one value with both.
public struct KeyEntry: Sendable {
    /// The name with the key ID, or with the whole file.
    public let keyID: ListedName?
    /// The name with the secret access key.
    public let secret: ListedName?
    /// Whether one value has both parts.
    public let isFile: Bool
    /// The access key ID; nil where it cannot be read.
    public let accessKeyID: String?
    /// The profile of a credentials file.
    public let profile: String

    /// The names, the key ID's first.
    public var names: [String] { [keyID, secret].compactMap { $0?.name } }
}

/// What of a place's names may hold access keys: by their values where these can be read, else by the names. Names are hints: a
/// pair is two names that differ in nothing but what they call the part.
public func keyEntries(_ list: [ListedName]) -> [KeyEntry] {
    var secrets = list.filter { ($0.keyIDs ?? []).isEmpty && NameReading($0.name).part == .secret }
    var entries: [KeyEntry] = []
    for item in list {
        let reading = NameReading(item.name)
        if let ids = item.keyIDs, !ids.isEmpty, !item.isKeyID {
            for (id, profile) in zip(ids, item.profiles) {
                entries.append(KeyEntry(keyID: item, secret: nil, isFile: true, accessKeyID: id, profile: profile))
            }
            continue
        }
        // A value that can be read and has no key ID holds none, whatever it is called.
        guard item.isKeyID || item.keyIDs == nil else { continue }
        if !item.isKeyID, reading.part == .file {
            entries.append(KeyEntry(keyID: item, secret: nil, isFile: true, accessKeyID: nil, profile: "default"))
            continue
        }
        guard item.isKeyID || reading.part == .keyID else { continue }
        let partner = secrets.firstIndex { NameReading($0.name).stem == reading.stem }
        // `DEPLOY_KEY_ID` alone may be of anything; with `DEPLOY_SECRET` it may be of AWS.
        guard item.isKeyID || reading.isAWS || partner != nil else { continue }
        entries.append(
            KeyEntry(
                keyID: item, secret: partner.map { secrets.remove(at: $0) }, isFile: false,
                accessKeyID: item.keyIDs?.first, profile: "default"))
    }
    // A secret access key whose key ID is on another level.
    for item in secrets where NameReading(item.name).isAWS {
        entries.append(KeyEntry(keyID: nil, secret: item, isFile: false, accessKeyID: nil, profile: "default"))
    }
    return entries
}

/// What a variable's name says.
struct NameReading {
    enum Part { case keyID, secret, file, other }

    let part: Part
    /// What is left of the name without the words for the part.
    let stem: String
    /// Whether the words are AWS's own.
    let isAWS: Bool

    private static let secretWords = [
        "SECRET_ACCESS_KEY", "SECRETACCESSKEY", "ACCESS_KEY_SECRET", "SECRET_KEY", "KEY_SECRET", "ACCESS_SECRET",
        "SECRET",
    ]
    private static let keyIDWords = ["ACCESS_KEY_ID", "ACCESSKEYID", "ACCESS_KEY", "ACCESS_ID", "KEY_ID", "KEY"]
    private static let fileWords = ["CREDENTIALS", "SHARED_CREDENTIALS_FILE", "CONFIG_FILE", "CONFIG"]
    private static let own = ["ACCESS_KEY_ID", "ACCESSKEYID", "SECRET_ACCESS_KEY", "SECRETACCESSKEY"]

    init(_ name: String) {
        let text = name.uppercased().replaced("-", by: "_")
        isAWS = text.has("AWS") || Self.own.contains { text.has($0) }
        if let word = Self.secretWords.first(where: { text.has($0) }) {
            (part, stem) = (.secret, text.replaced(word, by: ""))
        } else if let word = Self.keyIDWords.first(where: { text.has($0) }) {
            (part, stem) = (.keyID, text.replaced(word, by: ""))
        } else {
            part = isAWS && Self.fileWords.contains { text.has($0) } ? .file : .other
            stem = text
        }
    }
}

extension SecretBytes {
    /// The bytes without blanks and line ends around them.
    fileprivate var trimmedCount: Int {
        withBytes { bytes in
            guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 })
            else { return 0 }
            return last - first + 1
        }
    }

    /// The name in the last line `[name]` or `[profile name]` before a key ID; "default" where there is none.
    fileprivate func profile(of id: String) -> String {
        let wanted = Array(id.utf8)
        return withBytes { bytes in
            var name = "default"
            var index = 0
            while index + wanted.count <= bytes.count {
                if bytes[index...].starts(with: wanted) { return name }
                if bytes[index] == UInt8(ascii: "["), index == 0 || bytes[index - 1] == UInt8(ascii: "\n"),
                    let end = bytes[index...].prefix(80).firstIndex(of: UInt8(ascii: "]"))
                {
                    let words = String(decoding: bytes[(index + 1)..<end], as: UTF8.self).split(separator: " ")
                    if let last = words.last, last.utf8.allSatisfy({ $0 > 0x20 }) { name = String(last) }
                }
                index += 1
            }
            return name
        }
    }
}
