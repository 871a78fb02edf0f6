import PusherKit

/// What Buildkite's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, key: String?) -> PushFailure {
        let error = response.json(VendorError.self)
        let answer = Answer(response, text: error?.message ?? response.plainText)
        // A user's limit and an organization's have header fields of different names. The body says which one it was.
        let pause = AnswerRow(.pauses(orElse: error?.reset.map { bounded(seconds: $0) }), 429...429, "rate limit")
        return answer.failure(about: target.subject(key), [pause] + Self.rows)
    }

    private static let rows =
        [
            AnswerRow(
                .fails(.unauthorized),
                "the token lacks a scope (write_secrets, read_secret_details, read_clusters), or its user is not a maintainer of the cluster"
            ) { $0.status == 403 && !$0.response.isPage }
        ] + AnswerRow.common("Buildkite", endpoint: "check endpoint (https://api.buildkite.com/v2)", advice: advice)

    private static let advice = Advice(
        unauthorized:
            "the token is refused: make a new API access token with the scopes write_secrets and read_secret_details",
        notFound:
            "it is not there, or the token may not see it: check organization and cluster, and the token's organizations",
        conflict: "someone else changed the secret in the meantime: look at its settings, then run keyturn retry",
        invalid: "Buildkite refuses what was asked: check the secret's key, and endpoint")
}
