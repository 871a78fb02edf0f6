/// What can be read of a target.
public struct Inspection: Sendable {
    /// The access key ID that the target holds, or nil where it cannot be read.
    public let keyID: String?
    /// The last four characters of it or more, where the service shows no more.
    public var keyIDEnd: String?
    /// When the target was last written, as RFC 3339, or nil where the service does not say.
    public let changedAt: String?
    /// One line for the operator.
    public let message: String

    /// Makes an inspection.
    public init(keyID: String?, changedAt: String? = nil, message: String) {
        self.keyID = keyID
        self.changedAt = changedAt
        self.message = message
    }
}
