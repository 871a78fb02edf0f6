public import HTTP

/// Why AWS did not do something.
public struct AWSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers distinguish.
    public enum Code: Hashable, Sendable {
        /// No usable credentials, or AWS refused them or their permissions.
        case denied
        /// The key is one that keyturn itself runs with: AWS was not asked.
        case ownKey
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

    /// What there was in place of the wanted answer.
    public enum Cause: Hashable, Sendable {
        /// No answer.
        case transport(HTTPError.Code)
        /// An answer that is an error: its status, and AWS's words, which may repeat parts of the request.
        case answer(status: Int, message: String, request: String?)
    }

    /// What callers distinguish.
    public var code: Code
    /// AWS's own code, where there is one.
    public var awsCode: String?
    /// One sentence for people: operation, AWS's words, request ID.
    public var description: String
    /// What there was in place of the wanted answer; nil: the error is not about one answer.
    public var cause: Cause?
    /// Whether a try before the one that ended so may have had an effect.
    public var isDoubtful = false

    /// An error with its sentence.
    public init(_ code: Code, _ description: String, awsCode: String? = nil, cause: Cause? = nil) {
        self.code = code
        self.awsCode = awsCode
        self.cause = cause
        self.description = description
    }
}
