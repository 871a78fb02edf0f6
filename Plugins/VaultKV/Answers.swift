import PusherKit

/// What the server's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse) -> PushFailure {
        let error = response.json(VendorError.self)
        let words = error.flatMap { (($0.errors ?? []) + $0.warnings).first } ?? response.plainText
        return Answer(response, text: words).failure(about: target.subject, Self.rows)
    }

    /// The failure of a target for another version of the engine than the one that is mounted.
    func wrongEngine(_ version: Int) -> PushFailure {
        PushFailure(
            .invalidConfiguration,
            "\(target.subject): \(target.mount) is a key-value store of version \(version): set engine-version: \(version)"
        )
    }

    private static let rows =
        [
            AnswerRow(.fails(.retryable), "someone else wrote the secret just now") {
                $0.status == 400 && $0.says("did not match the current version")
            },
            AnswerRow(.fails(.retryable), "the store is being upgraded") {
                $0.status == 400 && $0.says("upgrading from non-versioned")
            },
            AnswerRow(.fails(.unauthorized), "check role-id and secret-id: one of them is wrong, expired or used up") {
                $0.status == 400 && $0.says("role or secret id", "invalid secret id", "invalid role id")
            },
            AnswerRow(.fails(.retryable), "the server has not caught up yet") {
                $0.status == 412 || $0.status == 472 || $0.status == 473
            },
            AnswerRow(
                .fails(.invalidConfiguration), "the path is for a key-value store of version 2: set engine-version: 2"
            ) {
                $0.status == 404 && $0.says("versioned")
            },
            AnswerRow(
                .fails(.invalidConfiguration),
                "set engine-version to what is mounted there; a version 2 needs Vault 1.9 or OpenBao"
            ) {
                $0.status == 405
            },
        ]
        + AnswerRow.common(
            "Vault", endpoint: "check endpoint (https://vault.example.com:8200, without /v1)", advice: advice)

    private static let advice = Advice(
        unauthorized:
            "the token has expired, or its policy lacks the capabilities create, read, update and patch for this path",
        notFound: "check mount, path and namespace, and that a key-value store is mounted there",
        conflict: "the secret is in a state that a person must settle: look at it, then run keyturn retry",
        invalid: "Vault refuses what was asked: check mount, path, engine-version and endpoint")
}
