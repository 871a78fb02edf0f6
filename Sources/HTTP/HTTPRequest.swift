internal import PlainText
public import Secrets

/// One HTTP request, complete in memory.
public struct HTTPRequest: Sendable {
    /// The methods that are sent.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The method.
    public var method: Method
    /// An absolute http or https URL; one that ``HTTPURL`` does not take is refused.
    public var url: String
    /// Header fields as lines `Name: value`, ended by `\n`. One secret, since one of them is a token as a rule.
    public var headers: Secret
    /// The body; nil: none.
    public var body: Secret?
    /// A file of certificate authorities in PEM; nil: the client's.
    public var authorities: String?
    /// Whether it must never be sent a second time, whatever becomes of the first.
    public var isSentOnce = false
    /// Is asked each time right before it is sent, from the client's thread; false: it is not. nil: it is.
    public var permit: (@Sendable () -> Bool)?
    /// Where it may go.
    public var reach = Reach.configured
    /// The longest that all of it may take.
    public var timeout: Duration
    /// Whether the answer may come whenever it comes, once there is a connection: for a question that waits for something to happen.
    public var waitsWithoutEnd = false
    /// The largest response body, in bytes.
    public var responseLimit: Int
    /// Is given the body of a 200 piece by piece, on the client's thread, in place of the response; other bodies are dropped. For what is
    /// large and not secret. nil: the response has the body.
    public var sink: (@Sendable (UnsafeRawBufferPointer) -> Void)?

    /// A request.
    public init(
        method: Method, url: String, headers: Secret, body: Secret? = nil,
        timeout: Duration = .seconds(30), responseLimit: Int = 4 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseLimit = responseLimit
    }
}

/// One HTTP response, whatever its status.
public struct HTTPResponse: Sendable {
    /// 100 to 599.
    public var status: Int
    /// Names in lower case, in the server's order.
    public var headers: [(name: String, value: String)]
    /// The body. It may hold what the server echoes, so it is kept like a secret.
    public var body: Secret
    /// Whether the request was sent more than once, since a kept connection ended without an answer. This is the answer to the
    /// last one; those before may have had an effect, too.
    public var followsRepetition = false

    /// A response.
    public init(
        status: Int, headers: [(name: String, value: String)], body: Secret, followsRepetition: Bool = false
    ) {
        (self.status, self.headers, self.body) = (status, headers, body)
        self.followsRepetition = followsRepetition
    }
}

/// Why there is no response.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers distinguish.
    public enum Code: Hashable, Sendable {
        /// The request was not sent: it is malformed, or too many are waiting.
        case refused
        /// No connection was made; nothing was sent.
        case unreachable
        /// Something was sent, and no whole answer came.
        case lost
        /// Something was sent, and no whole answer came in time.
        case timedOut
        /// The answer was larger than allowed.
        case tooLarge
        /// The answers that this client receives at the moment are together larger than allowed. Alone it would fit.
        case crowded
        /// The caller did not want it any more.
        case cancelled
        /// The server's certificate cannot be trusted.
        case tls
    }

    /// What callers distinguish.
    public var code: Code
    /// A clause for people: "cannot connect to …".
    public var description: String

    /// An error with its text.
    public init(_ code: Code, _ description: String) {
        self.code = code
        // libcurl quotes what servers and proxies said, such as the name in a certificate.
        self.description = PlainText.line(description, limit: 500)
    }
}
