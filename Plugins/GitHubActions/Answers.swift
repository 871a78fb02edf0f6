import PusherKit

/// What GitHub's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target
    /// Whether an App asked, and not someone's token.
    let isApp: Bool
    /// The repository's name now, if the answer says that it has another one.
    var newPlace: String?

    func failure(_ response: HTTPResponse, name: String?) -> PushFailure {
        let rows =
            limits + moved + refused
            + AnswerRow.common("GitHub's API", endpoint: Self.endpoint, advice: advice(response))
        return Answer(response, text: gitHubText(response)).failure(about: target.subject(name), rows)
    }

    /// For an archived repository.
    var archivedAdvice: String {
        "the repository is archived, and takes no new key: unarchive it, or take the target out"
    }

    /// What to do where a permission is missing.
    var remedy: String {
        let permission = Permission(target: target)
        return isApp
            ? "give the App \(permission.access), and have \(target.place.owner) accept that"
            : "create one with \(permission.ofToken)"
    }

    private static let endpoint =
        "check endpoint (Enterprise Server: https://HOST/api/v3), and every web server and proxy in between"

    /// GitHub uses 403 as well as 429 for rate limits, and says by header fields or in words which it is. Then, in the order
    /// that its documentation gives: what `retry-after` says, else until `x-ratelimit-reset`, else a minute.
    private var limits: [AnswerRow] {
        [
            AnswerRow(.pauses(orElse: .seconds(60)), "rate limit; give the pusher a token of its own if this goes on") {
                $0.status == 429
                    || $0.status == 403
                        && ($0.response.header("x-ratelimit-remaining") == "0"
                            || $0.response.header("retry-after") != nil
                            || $0.says("rate limit", "abuse detection"))
            },
            AnswerRow(.pauses(orElse: .seconds(60)), "too many requests with a refused token, this one or another") {
                $0.status == 403 && $0.says("maximum number of login attempts")
            },
        ]
    }

    private var moved: [AnswerRow] {
        let place = oneLine(newPlace ?? "", limit: 255)
        let isMoved = newPlace != nil
        return [
            AnswerRow(.fails(.invalidConfiguration), "the repository has moved: set repository: \(place) in the target")
            {
                isMoved && (300..<400).contains($0.status)
            }
        ]
    }

    private var refused: [AnswerRow] {
        [
            AnswerRow(.fails(.conflict), archivedAdvice) { $0.status == 403 && $0.says("archived") },
            AnswerRow(
                .fails(.unauthorized),
                "the token is not authorized for the organization's single sign-on: authorize it in GitHub's settings"
            ) { $0.status == 403 && $0.response.header("x-github-sso") != nil },
            AnswerRow(
                .fails(.unauthorized),
                "the organization's IP allow list does not have this machine's address: add it in the organization's settings"
            ) { $0.status == 403 && $0.says("ip allow list", "ip address is not permitted") },
            AnswerRow(.fails(.retryable), "GitHub is read-only at the moment (maintenance)") {
                ($0.status == 403 || $0.status == 503) && $0.response.header("retry-after") == nil
                    && $0.says("maintenance", "read-only mode")
            },
        ]
    }

    private func advice(_ response: HTTPResponse) -> Advice {
        let permission = Permission(target: target)
        return Advice(
            unauthorized: unauthorized(response),
            notFound: "\(target.place) is not there, or the token may not see it: check its name, and "
                + (isApp
                    ? "install the App there with \(permission.access)" : "create a token with \(permission.ofToken)"),
            conflict: "GitHub is changing it at this moment: run keyturn retry",
            invalid:
                "GitHub refuses what was asked: check the names (not GITHUB_…, fewer than 100 secrets) and endpoint"
        )
    }

    private func unauthorized(_ response: HTTPResponse) -> String {
        let accepted = response.header("x-accepted-github-permissions").map {
            " (GitHub names \(oneLine($0, limit: 80)))"
        }
        let scopes = response.header("x-oauth-scopes").map { oneLine($0, limit: 80) } ?? ""
        let held = scopes.isEmpty ? "" : " (this one has scope \(scopes))"
        return "the token is refused or lacks permission: \(remedy)" + (accepted ?? "") + held
    }
}
