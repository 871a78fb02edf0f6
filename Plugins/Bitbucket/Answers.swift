import PusherKit

/// What Bitbucket's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, variable: String?) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(variable), Self.rows)
    }

    private static let rows =
        [
            AnswerRow(
                .fails(.unauthorized),
                "this kind of token cannot do it: use an access token of the repository or workspace, or an API token and its email"
            ) { $0.status == 403 && $0.says("authentication mechanism") },
            AnswerRow(
                .fails(.unauthorized),
                "the token may not do this: give it the scope pipeline:variable, or as an API token admin:pipeline:bitbucket"
            ) { $0.status == 403 && !$0.response.isPage },
        ] + AnswerRow.common("Bitbucket", endpoint: "check endpoint (https://api.bitbucket.org/2.0)", advice: advice)

    private static let advice = Advice(
        unauthorized:
            "the token is refused: make a new access token; an API token works together with email only, and app passwords have ended",
        notFound:
            "it is not there, or the token may not see it: check workspace, repository and environment, and that Pipelines is enabled",
        conflict: "someone else changed the variable in the meantime: look at its settings, then run keyturn retry",
        invalid: "Bitbucket refuses what was asked: check the variable's name, workspace, repository and endpoint")
}
