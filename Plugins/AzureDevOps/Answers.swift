import PusherKit

/// What Azure DevOps's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, variable: String? = nil) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(variable), Self.rows)
    }

    private static let rows =
        [
            // A token that is refused gets a page to sign in, with a status that says yes.
            AnswerRow(
                .fails(.unauthorized),
                "a page to sign in answered: the token has expired, was revoked or is of another organization: make a new one"
            ) { $0.status == 203 && $0.response.isPage },
            AnswerRow(.fails(.unauthorized), 401...401, advice.unauthorized),
        ] + AnswerRow.common("Azure DevOps", endpoint: endpoint, advice: advice)

    private static let endpoint =
        "check token, organization and endpoint (https://dev.azure.com, Azure DevOps Server: https://HOST, or https://HOST/tfs)"

    private static let advice = Advice(
        unauthorized:
            "the token is refused, or may not do this: make a personal access token with the scope Variable Groups (Read, create, & manage), of a user "
            + "who is Administrator of the variable group",
        notFound: "it is not there, or the token may not see it: check organization, project and variable-group",
        conflict: "someone else changed the variable group in the meantime: look at it, then run keyturn retry",
        invalid: "Azure DevOps refuses what was asked: check the names of the variables, the project and endpoint")
}
