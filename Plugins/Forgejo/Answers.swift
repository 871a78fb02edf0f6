import PusherKit

/// What Forgejo's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse, name: String? = nil) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(name), rows)
    }

    private var rows: [AnswerRow] {
        let place = target.place
        return [
            // A repository or an owner that was renamed. The secret is not sent to wherever an answer leads.
            AnswerRow(.fails(.notFound), "it was renamed or moved: put its new name into the target") {
                (300..<400).contains($0.status) && ($0.response.header("location") ?? "").has("/api/v1/")
            },
            AnswerRow(
                .fails(.unauthorized), "the token lacks a scope: make a new one with \(place.scope)"
            ) { $0.status == 403 && $0.says("required scope") },
            AnswerRow(.fails(.unauthorized), Self.owner(of: place)) { $0.status == 403 && !$0.response.isPage },
            AnswerRow(.fails(.retryable), "someone else created it just now") {
                $0.status == 409 && !$0.response.isPage
            },
        ] + AnswerRow.common("Forgejo", endpoint: Self.endpoint, advice: advice)
    }

    private static func owner(of place: Place) -> String {
        switch place {
        case .repository:
            "the token's user has to own the repository, or be an owner of its organization; a token for certain repositories "
                + "alone cannot do it either"
        case .organization: "the token's user has to be an owner of the organization"
        case .user: "the token may not do this: make a new one with write:user"
        }
    }

    private static let endpoint = "check endpoint (the address of Forgejo or Gitea, without /api/v1)"

    private var advice: Advice {
        Advice(
            unauthorized: "the token is refused: make a new access token with the scope \(target.place.scope)",
            notFound:
                "it is not there, or the token may not see it, or Actions are not enabled: check repository or organization",
            conflict: "someone else created it in the meantime: run keyturn retry",
            invalid: "Forgejo refuses what was asked: check the names of secrets and variables, and endpoint")
    }
}
