public import HTTP
public import Secrets

/// A request to AWS that a pusher asked for, and that was granted.
public struct AWSRequest: Sendable {
    /// What is asked of which service.
    public var operation: AWSOperation
    /// Where; nil: in the pusher's own region.
    public var region: String?
    /// A JSON object; nil: an empty one.
    public var body: Secret?
    /// When the pusher must have an answer.
    public var deadline: ContinuousClock.Instant
    /// The largest answer, in bytes.
    public var responseLimit: Int
    /// Is asked each time right before it is sent, from another thread; false: it is not. nil: it is.
    public var permit: (@Sendable () -> Bool)?
}

/// What AWS answered, as a plugin may have it: nothing of the credentials is in it.
public struct AWSAnswer: Sendable {
    /// Status, the few header fields that `kt.aws/1` has, and a body.
    public var response: HTTPResponse
    /// Whether it is a refusal because of too many requests.
    public var isThrottling: Bool
    /// For the operator alone: what AWS said of the identity that signed; nil: nothing.
    public var note: String?

    /// An answer.
    public init(_ response: HTTPResponse, isThrottling: Bool = false, note: String? = nil) {
        (self.response, self.isThrottling, self.note) = (response, isThrottling, note)
    }
}

/// Why AWS has not answered.
public struct AWSFailure: Error, Hashable, Sendable {
    /// What the plugin gets to read; nothing of the credentials is in it.
    public var error: HTTPError
    /// For the operator alone: which credentials could not be had, and why; nil: nothing.
    public var note: String?

    /// A failure.
    public init(_ error: HTTPError, note: String? = nil) { (self.error, self.note) = (error, note) }
}

/// The port of `kt.aws/1`: signs requests with the identity of one pusher, and sends them.
public protocol AWSSigner: Sendable {
    /// The region where nothing else is said.
    var region: String { get }
    /// Sends a request, again where AWS's SDKs would, and waits for the answer. Cancelling the task gives it up.
    ///
    /// - Parameter http: the pusher's own client.
    func send(_ request: AWSRequest, over http: HTTPClient) async -> Result<AWSAnswer, AWSFailure>
}
