import PusherKit

/// What Jenkins's answers mean: a row for each kind, the first that fits decides. Its refusals are web pages.
struct Answers {
    let target: Target

    /// - Parameter why: why the body is not understood, where it is not.
    func failure(_ response: HTTPResponse, why: String? = nil) -> PushFailure {
        Answer(response, text: why ?? response.plainText).failure(about: target.subject, Self.rows)
    }

    private static let rows =
        [
            AnswerRow(
                .fails(.unauthorized),
                "Jenkins asks for a crumb, as it does where a password is given: make an API token of the user, and give that as token"
            ) { $0.status == 403 && $0.response.holds("No valid crumb was included") },
            AnswerRow(.fails(.unauthorized), advice: { lacking($0) }, when: { $0.status == 403 }),
            AnswerRow(.fails(.unauthorized), 401...401, advice.unauthorized),
            AnswerRow(.fails(.notFound), 404...404, advice.notFound),
            AnswerRow(.fails(.invalidConfiguration), 400...400, advice.invalid),
        ] + AnswerRow.common("Jenkins", endpoint: "check endpoint, the address of Jenkins", advice: advice)

    /// Jenkins names the permission that lacks in a header field.
    private static func lacking(_ answer: Answer) -> String {
        guard let permission = answer.response.header("x-required-permission") else {
            return "the user may not do this: give it the permissions Credentials/View and Credentials/Update there"
        }
        return "the user lacks the permission \(oneLine(permission, limit: 80)): grant it there"
    }

    private static let advice = Advice(
        unauthorized:
            "user or token is refused: check user, which is the ID and not the full name, and make a new API token on the user's page",
        notFound:
            "there is no such credential, or the user may not see it: check credential, folder and domain, the permission "
            + "Credentials/View, and endpoint; a credential has to be made by hand",
        conflict: "someone else changed the credential in the meantime: look at it, then run keyturn retry",
        invalid: "Jenkins refuses what was asked: check credential, folder, domain and endpoint")
}

extension HTTPResponse {
    /// Whether the beginning of the body holds a text.
    fileprivate func holds(_ text: String) -> Bool {
        body.withBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0.prefix(16_384)), as: UTF8.self) }.has(
            text)
    }
}
