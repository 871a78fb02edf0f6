/// Why AWS did not do something.
public struct AWSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers tell apart.
    public enum Code: Hashable, Sendable {
        /// No usable credentials, or AWS refused them or their permissions.
        case denied
        /// No connection.
        case unreachable
        /// Whether it took effect is not known.
        case lost
        /// `LimitExceeded`.
        case limitExceeded
        /// `NoSuchEntity`.
        case noSuchEntity
        /// The key pair is not known to AWS: new, inactive or deleted.
        case unknownKey
        /// Anything else that AWS refused, or that cannot be understood.
        case refused
    }

    /// What callers tell apart.
    public var code: Code
    /// AWS's own code, where there is one.
    public var awsCode: String?
    /// One sentence for people: operation, AWS's words, request ID.
    public var description: String

    /// An error with its sentence.
    public init(_ code: Code, _ description: String, awsCode: String? = nil) {
        self.code = code
        self.awsCode = awsCode
        self.description = description
    }
}
