/// How a push was confirmed.
public enum Evidence: Sendable, Equatable {
    /// The access key ID was read from the target and is equal.
    case readBack
    /// The service shows a newer time of writing.
    case timestamp
    /// The service said yes, and nothing can be read.
    case acknowledged
    /// Only the last four characters of the key ID can be read: they are equal after the write, and were different before it.
    case lastFour
    /// The store shows the version that this push wrote as the current one.
    case version
}

/// A push that went well.
public struct Confirmation: Sendable {
    /// How it is known that the target holds the pair.
    public let evidence: Evidence
    /// What was written, with the service's answer, for the operator.
    public let message: String
    /// True where the target held exactly this pair already and nothing was written.
    public let isUnchanged: Bool
    /// When the service says the target was last written, as RFC 3339.
    public let changedAt: String?

    /// Makes a confirmation.
    public init(_ evidence: Evidence, _ message: String, isUnchanged: Bool = false, changedAt: String? = nil) {
        self.evidence = evidence
        self.message = message
        self.isUnchanged = isUnchanged
        self.changedAt = changedAt
    }
}
