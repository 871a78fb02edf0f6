/// What the operator can do, for each kind of refusal. Half sentences, put after the service's own words.
public struct Advice: Sendable {
    /// For 401 and 403: which permission the token needs.
    public let unauthorized: String
    /// For 404: what is not there, or not visible.
    public let notFound: String
    /// For 409: what a person must settle.
    public let conflict: String
    /// For 400, 422 and other refusals of what was asked.
    public let invalid: String

    /// Makes advice.
    public init(unauthorized: String, notFound: String, conflict: String, invalid: String) {
        self.unauthorized = unauthorized
        self.notFound = notFound
        self.conflict = conflict
        self.invalid = invalid
    }
}

extension HTTPResponse {
    /// The failure that a status stands for. A 2xx counts as one too: a body that was not understood confirms nothing.
    ///
    /// - Parameters:
    ///   - subject: what the message begins with: service, variable and place.
    ///   - text: the service's own words.
    ///   - advice: what the operator can do.
    public func failure(about subject: String, text: String, advice: Advice) -> PushFailure {
        let said = oneLine(text)
        let start = "\(subject): \(status)" + (said.isEmpty ? "" : " (\(said))")
        switch status {
        case 200..<300:
            return PushFailure(.retryable, "\(start): the answer is not understood, so it is not taken as a yes")
        case 300..<400:
            return PushFailure(.invalidConfiguration, "\(start): \(redirection)")
        case 401, 403:
            return PushFailure(.unauthorized, "\(start): \(advice.unauthorized)")
        case 404:
            return PushFailure(.notFound, "\(start): \(advice.notFound)")
        case 408, 425:
            return PushFailure(.retryable, "\(start): passing fault, it will be tried again")
        case 409:
            return PushFailure(.conflict, "\(start): \(advice.conflict)")
        case 429:
            return PushFailure(.rateLimited(after: retryAfter), "\(start): rate limit, it will be tried again later")
        case 400..<500:
            return PushFailure(.invalidConfiguration, "\(start): \(advice.invalid)")
        default:
            return PushFailure(.retryable, "\(start): fault on the service's side, it will be tried again")
        }
    }

    private var redirection: String {
        guard let location = header("location") else { return "redirected; check endpoint" }
        return "moved to \(oneLine(location)); use the new name or endpoint"
    }
}
