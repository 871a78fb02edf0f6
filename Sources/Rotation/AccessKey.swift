/// The public half of an AWS access key: `AKIA…`.
public struct AccessKeyID: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible {
    /// As AWS gives it.
    public var rawValue: String

    /// A key ID as AWS gives it.
    public init(_ rawValue: String) { self.rawValue = rawValue }

    /// As any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The ID itself.
    public var description: String { rawValue }
}

/// An access key as IAM lists it.
public struct AccessKey: Hashable, Sendable {
    /// What IAM calls `Status`.
    public enum Status: String, Hashable, Codable, Sendable {
        /// The key authenticates.
        case active = "Active"
        /// The key was switched off and can be switched on again.
        case inactive = "Inactive"
        /// AWS expired the key.
        case expired = "Expired"
    }

    /// The key's ID.
    public var id: AccessKeyID
    /// Whether it authenticates.
    public var status: Status
    /// When it was made, to the second.
    public var created: Timestamp

    /// A listed key.
    public init(id: AccessKeyID, status: Status, created: Timestamp) {
        self.id = id
        self.status = status
        self.created = created
    }
}

/// A key that keyturn accounts for.
public struct KeyRecord: Hashable, Codable, Sendable {
    /// The key's ID.
    public var id: AccessKeyID
    /// When it was made, as AWS says.
    public var created: Timestamp
    /// The last status that keyturn saw or set.
    public var status: AccessKey.Status

    /// A key to account for.
    public init(id: AccessKeyID, created: Timestamp, status: AccessKey.Status) {
        self.id = id
        self.created = created
        self.status = status
    }

    init(_ key: AccessKey) { self.init(id: key.id, created: key.created, status: key.status) }
}
