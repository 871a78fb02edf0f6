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
    ///   - standard: the base URL where none is configured.
    /// - Throws: `PushFailure`, with reason `.invalidConfiguration`, where the token is empty, or has blanks or line ends in it.
    public func endpoint(of service: String, orElse standard: String) throws(PushFailure) -> Endpoint {
        try token.checkAsToken(of: service)
        guard let endpoint = endpoint ?? Endpoint(standard) else {
            throw PushFailure(.internal, "\(service): no endpoint")
        }
        return endpoint
    }

    /// The service's base URL, where no other than the configured one makes sense.
    ///
    /// - Throws: `PushFailure`, with reason `.invalidConfiguration`, where there is none, or the token is as above.
    public func endpoint(of service: String) throws(PushFailure) -> Endpoint {
        try token.checkAsToken(of: service)
        guard let endpoint else {
            throw PushFailure(.invalidConfiguration, "\(service): endpoint is missing: give the service's base URL")
        }
        return endpoint
    }
}

extension SecretBytes {
    /// Refuses a token that no header field can hold.
    ///
    /// - Throws: `PushFailure`, with reason `.invalidConfiguration`, where it is empty, or has blanks or line ends in it.
    public func checkAsToken(of service: String) throws(PushFailure) {
        guard isVisibleASCII, count > 0 else {
            throw PushFailure(.invalidConfiguration, "\(service): the token is empty, or has blanks or line ends in it")
        }
    }
}
