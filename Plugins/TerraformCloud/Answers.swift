import PusherKit

/// What HCP Terraform's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, variable: String?) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(variable), Self.rows)
    }

    private static let rows =
        [
            AnswerRow(.fails(.retryable), "someone else created it just now") {
                $0.status == 422 && $0.says("already been taken")
            }
        ] + AnswerRow.common("HCP Terraform", endpoint: endpoint, advice: advice)

    private static let endpoint =
        "check endpoint (https://app.terraform.io/api/v2, Terraform Enterprise: https://HOST/api/v2)"

    private static let advice = Advice(
        unauthorized: "the token is refused: make a new API token of a team or user that may read and write variables",
        // What a token may not do is answered with 404 as well.
        notFound:
            "it is not there, or the token may not see or change it: check organization, workspace or variable-set, and that the "
            + "token's team or user may read and write variables",
        conflict: "someone else changed the variable in the meantime: look at its settings, then run keyturn retry",
        invalid: "HCP Terraform refuses what was asked: check the variable's name, category and endpoint")
}
