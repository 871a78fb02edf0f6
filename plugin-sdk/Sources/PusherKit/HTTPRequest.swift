/// One request for the host to send. What it holds is wiped with it.
public struct HTTPRequest: Sendable {
    /// What the request does.
    public enum Method: String, Sendable {
        /// Reads.
        case get = "GET"
        /// Reads the header fields alone.
        case head = "HEAD"
        /// Creates.
        case post = "POST"
        /// Creates or replaces.
        case put = "PUT"
        /// Changes.
        case patch = "PATCH"
        /// Deletes.
        case delete = "DELETE"

        /// Whether it changes something.
        var writes: Bool { self != .get && self != .head }
    }

    let method: Method
    let url: String
    private(set) var headers: [(name: SecretBytes, value: SecretBytes)] = []
    private(set) var body: SecretBytes?
    /// The longest time to wait for the answer; nil for the host's own limit. The call's deadline always holds.
    public var timeout: Duration?

    /// Makes a request.
    ///
    /// - Parameter url: absolute, without secrets; `Endpoint` makes it.
    public init(_ method: Method, _ url: String) {
        self.method = method
        self.url = url
    }

    /// Adds a header field.
    public mutating func setHeader(_ name: String, _ value: String) {
        headers.append((SecretBytes(name), SecretBytes(value)))
    }

    /// Adds a header field with a secret in it, such as `Authorization: Bearer …`.
    ///
    /// - Parameter prefix: what precedes the secret: `"Bearer "`.
    public mutating func setHeader(_ name: String, prefix: String = "", _ secret: SecretBytes) {
        var builder = SecretBuilder()
        builder.append(contentsOf: prefix.utf8)
        secret.withBytes { builder.append(contentsOf: $0) }
        headers.append((SecretBytes(name), builder.bytes()))
    }

    /// Sets a JSON body and its content type.
    public mutating func setBody(_ body: consuming JSONBody, type: String = "application/json") {
        setBody(body.bytes(), type: type)
    }

    /// Sets a body of another kind and its content type.
    public mutating func setBody(_ body: SecretBytes, type: String) {
        self.body = body
        setHeader("Content-Type", type)
    }
}
