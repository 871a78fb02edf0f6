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
    /// The failure that an answer means, for a service that has no table of its own. A 2xx counts as one too: a body
    /// that was not understood confirms nothing.
    ///
    /// - Parameters:
    ///   - subject: what the message begins with: service, variable and place.
    ///   - text: the service's own words.
    ///   - advice: what the operator can do.
    public func failure(about subject: String, text: String, advice: Advice) -> PushFailure {
        Answer(self, text: text).failure(
            about: subject, AnswerRow.common("the service's API", endpoint: "check endpoint", advice: advice))
    }
}
