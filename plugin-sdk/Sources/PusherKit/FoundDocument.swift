/// What of one value may hold an access key, in a store that keeps whole documents: a member of a JSON object, a profile of a credentials
/// file, or a key ID somewhere in it.
public struct FoundDocument: Sendable {
    /// The fields of a target that would be it: `shape`, and the names of the members or the profile; empty: no target can be it.
    public let fields: [(name: String, value: String)]
    /// The names of what holds the key: members, or the value's own.
    public let names: [String]
    /// The access key ID.
    public let keyID: String?

    /// What is in a value. Of the value nothing but the key IDs in it is kept.
    ///
    /// - Parameter name: that of the value itself, for a file and for a key ID that is not a member of anything.
    public static func found(in value: SecretBytes, named name: String) -> [FoundDocument] {
        if let object = try? value.json(), object.kind == .object {
            return keyEntries(object.listedMembers).map { FoundDocument(member: $0) }
        }
        let profiles = CredentialsFile.profiles(in: value)
        if !profiles.isEmpty {
            return profiles.map { profile in
                FoundDocument(
                    fields: [("shape", "credentials-file"), ("profile", profile.name)], names: [name],
                    keyID: profile.keyID)
            }
        }
        return value.accessKeyIDs.map { FoundDocument(fields: [], names: [name], keyID: $0) }
    }

    private init(fields: [(name: String, value: String)], names: [String], keyID: String?) {
        (self.fields, self.names, self.keyID) = (fields, names, keyID)
    }

    private init(member entry: KeyEntry) {
        var fields = [(name: "shape", value: "json")]
        if let keyID = entry.keyID { fields.append(("access-key-id", keyID.name)) }
        if let secret = entry.secret { fields.append(("secret-access-key", secret.name)) }
        // A file, or another object, inside of a member is not a place that a target can name.
        self.init(fields: entry.isFile ? [] : fields, names: entry.names, keyID: entry.accessKeyID)
    }
}

extension JSONValue {
    /// The fields of an object as a list of names and values, for `keyEntries`: also what is deeper inside of one is searched.
    public var listedMembers: [ListedName] {
        fields.map { name, value in
            guard let text = try? SecretBytes(json: value) else { return ListedName(name, value: value.text) }
            return ListedName(name, value: text)
        }
    }
}
