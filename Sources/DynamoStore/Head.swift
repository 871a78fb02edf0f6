internal import StateStore

/// What is known of a user without its contents: the item that every commit compares and sets.
struct Head {
    /// Attributes of heads, and `version` and `write` of documents, too.
    static let (version, write, owner, until) = ("version", "write", "owner", "until")
    static let (line, at, deleted) = ("line", "at", "deleted")
    /// The attribute with the version of the record, and the end of the record's sort key. Those of parts are
    /// `Bucket.name`.
    static let record = "record"

    var user: String
    var version: Int64
    /// Names the commit that wrote it.
    var write: String
    /// Whose lease it is, and until when, by AWS's clock, in milliseconds since 1970.
    var lease: (owner: String, until: Int64)?
    /// The number of the last line, and its time.
    var line: Int64
    var at: Int64
    /// Lines up to this number are deleted, whether their items are still there or not.
    var deleted: Int64
    /// The version that record and each bucket were written with, by the ends of their sort keys.
    var contents: [String: Int64]

    init(_ item: Item) throws(StoreError) {
        guard let sort = item.text(Key.sortName), sort.hasPrefix("user/"), let user = Key.unescape(sort.dropFirst(5)),
            let version = item.number(Self.version), let write = item.text(Self.write)
        else { throw StoreError(.corrupt, "what is kept of a user cannot be read") }
        (self.user, self.version, self.write) = (user, version, write)
        lease = item.text(Self.owner).flatMap { owner in item.number(Self.until).map { (owner, $0) } }
        (line, at) = (item.number(Self.line) ?? 0, item.number(Self.at) ?? 0)
        deleted = item.number(Self.deleted) ?? 0
        contents = [:]
        for name in item.attributes.keys where name == Self.record || (name.hasPrefix("b") && name.utf8.count == 3) {
            contents[name] = item.number(name)
        }
    }

    /// The user as it was at this version, of the head and of what was read after it.
    ///
    /// - Parameters:
    ///   - items: record and buckets.
    ///   - now: by AWS's clock, in milliseconds since 1970.
    /// - Returns: nil where one of them is of another version: something was committed between the two readings.
    func user(with items: [Item], at now: Int64) throws(StoreError) -> StoredUser? {
        var found = StoredUser(
            version: version, lease: lease.map { StoredLease(owner: $0.owner, milliseconds: $0.until - now) },
            record: [])
        var missing = contents
        for item in items {
            guard let name = item.text(Key.sortName).flatMap(Key.content)?.end,
                let version = item.number(Self.version), missing.removeValue(forKey: name) == version
            else { return nil }
            if name == Self.record {
                found.record = item.bytes(Part.content) ?? []
            } else {
                for attribute in item.attributes.keys where attribute.hasPrefix(Part.prefix) {
                    guard let part = Part.name(attribute), let content = item.bytes(attribute) else {
                        throw StoreError(.corrupt, "a part of \(user) cannot be read")
                    }
                    found.parts[part] = content
                }
            }
        }
        return missing.isEmpty ? found : nil
    }
}

/// How parts stand in a bucket: one attribute each, so that one is changed without reading the others.
enum Part {
    static let prefix = "p:"
    /// The attribute of a record's or a document's bytes.
    static let content = "content"

    static func attribute(_ name: String) -> String { prefix + Key.escape(name) }

    static func name(_ attribute: String) -> String? { Key.unescape(attribute.dropFirst(prefix.utf8.count)) }
}
