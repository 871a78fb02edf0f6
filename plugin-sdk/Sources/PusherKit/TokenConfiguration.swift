/// The fields that most pushers have: a token, and the base URL of a service that can be self-hosted.
public struct TokenConfiguration: JSONReadable, Sendable {
    /// The token. `endpoint(of:orElse:)` refuses one that no header field can hold.
    public let token: SecretBytes
    private let endpoint: Endpoint?

    /// Reads `token`, which must be there, and `endpoint`.
    public init(json fields: JSONValue) throws(JSONMismatch) {
        token = try fields.value("token")
        endpoint = try fields.optional("endpoint")
    }

    /// The service's base URL.
    ///
    /// - Parameters:
    ///   - service: what messages begin with: "GitLab".
    ///   - standard: the base URL where none is configured; nil: it has to be, since each installation has its own.
    /// - Throws: `PushFailure`, with reason `.invalidConfiguration`, where the token is empty, or has blanks or line ends in it, and
    ///   where there is no base URL.
    public func endpoint(of service: String, orElse standard: String?) throws(PushFailure) -> Endpoint {
        guard token.isVisibleASCII, token.count > 0 else {
            throw PushFailure(.invalidConfiguration, "\(service): the token is empty, or has blanks or line ends in it")
        }
        guard let endpoint = endpoint ?? standard.flatMap(Endpoint.init) else {
            throw PushFailure(.invalidConfiguration, "\(service): endpoint is missing: give the server's base URL")
        }
        return endpoint
    }
}
