extension AnswerRow {
    /// A row for errors of AWS, which are distinguished by their code: the same one can come with several statuses.
    public init(_ outcome: Outcome, codes: String..., advice: @autoclosure @escaping @Sendable () -> String) {
        self.init(outcome, advice(), when: { answer in answer.response.awsErrorCode.map(codes.contains) ?? false })
    }

    /// The rows that every service of AWS has, to be put behind its own.
    ///
    /// - Parameters:
    ///   - service: "Parameter Store".
    ///   - right: what the pusher's role has to allow: "ssm:PutParameter on the parameter".
    ///   - advice: for errors that have no row.
    public static func aws(_ service: String, right: String, advice: Advice) -> [AnswerRow] {
        [
            AnswerRow(
                .pauses(orElse: nil), codes: "Throttling", "ThrottlingException", "ThrottledException",
                "RequestThrottled", "RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded",
                "SlowDown", advice: "AWS asks for a pause"),
            AnswerRow(
                .fails(.retryable), codes: "InternalServerError", "InternalServiceError", "InternalFailure",
                "ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException",
                advice: "a fault on AWS's side"),
            AnswerRow(
                .fails(.unauthorized), codes: "AccessDeniedException", "AccessDenied",
                advice:
                    "the pusher's identity may not do that: it needs \(right); keyturn policy --pusher NAME prints all it needs"
            ),
            AnswerRow(
                .fails(.unauthorized), codes: "UnrecognizedClientException", "InvalidClientTokenId",
                "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
                "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
                "ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "OptInRequired",
                advice: "check aws in the pusher's configuration"),
            AnswerRow(
                .fails(.invalidConfiguration), codes: "ValidationException", "InvalidParameterException",
                advice: advice.invalid),
        ] + common(service, endpoint: "check endpoint-url in the pusher's aws", advice: advice)
    }
}
