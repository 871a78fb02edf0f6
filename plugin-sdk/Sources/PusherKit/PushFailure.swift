/// Why a call did not end well: a reason that keyturn acts on, and one line for the operator.
public struct PushFailure: Error, Sendable {
    /// What keyturn does about it.
    public enum Reason: Sendable, Equatable {
        /// A passing fault, such as a 5xx or a lost connection: it pushes again later.
        case retryable
        /// The service asks for a pause, of this length where it said so. Zero counts as nil.
        case rateLimited(after: Duration?)
        /// The token is refused, or lacks a permission.
        case unauthorized
        /// The target is not there, or the token may not see it.
        case notFound
        /// The target is in a state that a person must settle.
        case conflict
        /// The configuration or the target's fields cannot work.
        case invalidConfiguration
        /// The host asked to stop, and the plugin did.
        case cancelled
        /// No answer in time; whether the service wrote is not known.
        case timedOut
        /// This pusher cannot do that here.
        case unsupported
        /// A fault in the plugin itself.
        case `internal`
    }

    /// What keyturn does about it.
    public let reason: Reason
    /// What failed, on which service and place, and what the operator can do. No secrets.
    public let message: String

    /// Makes a failure.
    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
