import PusherKit

/// What CircleCI's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, variable: String?) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(variable), rows)
    }

    private var rows: [AnswerRow] {
        let isContext: Bool
        if case .context = target.place { isContext = true } else { isContext = false }
        let forbidden =
            isContext
            ? "there is no such context, or the token's user may not change its variables: check context and owner, the user's "
                + "role (Contributor or Admin), and the context's security groups"
            : "the token's user may not change this project's variables: give the user the right to, or use another user's token"
        return [
            AnswerRow(.fails(.unauthorized), forbidden) { $0.status == 403 && !$0.response.isPage }
        ] + AnswerRow.common("CircleCI", endpoint: Self.endpoint, advice: Self.advice)
    }

    private static let endpoint = "check endpoint (https://circleci.com/api/v2, CircleCI Server: https://HOST/api/v2)"

    private static let advice = Advice(
        unauthorized:
            "the token is refused: make a new personal API token in the user's settings; CircleCI takes no project token here",
        notFound: "no such project, or the token's user may not see it: check project, such as gh/acme/app",
        conflict: "someone else changed the variable in the meantime: look at its settings, then run keyturn retry",
        invalid: "CircleCI refuses what was asked: check the variable's name, project or context, and endpoint")
}
