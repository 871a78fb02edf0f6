import PusherKit

/// What Travis CI's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target
    /// Where the repository is now, if the answer says so.
    var newPlace: String?

    func failure(_ response: HTTPResponse, variable: String?) -> PushFailure {
        let error = response.json(VendorError.self)
        let text = error.map { "\($0.type): \($0.message)" } ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject(variable), rows(error?.type))
    }

    private func rows(_ type: String?) -> [AnswerRow] {
        let isMoved = newPlace != nil
        let place = oneLine(newPlace ?? "", limit: 255)
        return [
            AnswerRow(.fails(.invalidConfiguration), "the repository has moved: set repository: \(place) in the target")
            {
                isMoved && (300..<400).contains($0.status)
            },
            AnswerRow(
                .fails(.retryable), "Travis CI is down for maintenance at the moment"
            ) { $0.status == 503 && $0.response.header("retry-after") == nil && $0.says("maintenance") },
            AnswerRow(
                .fails(.unauthorized), "the token's user may not write this repository's settings: \(Self.access)"
            ) {
                $0.status == 403 && type == "insufficient_access"
            },
            AnswerRow(
                .fails(.unauthorized), "the repository was migrated: use api.travis-ci.com and the token of that site"
            ) { $0.status == 403 && type == "repo_migrated" },
            // A ban is answered with plain text, and cannot be distinguished from a refused token by its status. Travis CI calls the one
            // for a token HTML, which it is not.
            AnswerRow(
                .fails(.unauthorized),
                "the token is refused: make a new one with `travis token --com`; or, after more than 50 new variables in "
                    + "30 seconds, a ban that ends after an hour"
            ) { $0.status == 403 && type == nil && (!$0.response.isPage || !$0.text.isEmpty) },
        ] + AnswerRow.common("Travis CI", endpoint: Self.endpoint, advice: Self.advice)
    }

    private static let access = "give the user admin or push access, or use another user's token"

    private static let endpoint =
        "check endpoint (https://api.travis-ci.com, Enterprise: https://HOST/api), and that every web server and proxy in "
        + "between passes %2F in paths as it is (Apache: AllowEncodedSlashes NoDecode)"

    private static let advice = Advice(
        unauthorized: "the token is refused: make a new one with `travis token --com`",
        notFound: "no such repository, or the token's user may not see it: check repository, and that it is active on "
            + "Travis CI",
        conflict:
            "someone else created the variable in the meantime: look at the repository's settings, then run keyturn "
            + "retry",
        invalid: "Travis CI refuses what was asked: check the variable's name, the repository and endpoint")
}

/// Travis CI's error body.
private struct VendorError: JSONReadable {
    let type: String
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        type = try fields.value("error_type")
        message = try fields.value("error_message")
    }
}
