import PusherKit

/// What GitLab's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target
    /// Where the project or group is now, if that is known.
    var newPlace: String?

    func failure(_ response: HTTPResponse, key: String?) -> PushFailure {
        Answer(response, text: gitLabText(response)).failure(about: target.subject(key), rows)
    }

    private var rows: [AnswerRow] {
        moved + readOnly + written + AnswerRow.common("GitLab", endpoint: Self.endpoint, advice: advice)
    }

    private static let endpoint =
        "check endpoint (without /api/v4), and that every web server and proxy in between passes %2F in paths as it is "
        + "(Apache: AllowEncodedSlashes NoDecode)"

    /// GitLab redirects GET from old paths, and answers 405 to every other method: "Non GET methods are not allowed for
    /// moved projects".
    private var moved: [AnswerRow] {
        let name = target.place.field?.name ?? "project"
        let advice =
            newPlace.map { "the \(name) has moved: set \(name): \(oneLine($0, limit: 255)) in the target" }
            ?? "the \(name) has moved: set \(name) to its new path in the target"
        let isMoved = newPlace != nil
        return [
            AnswerRow(.fails(.invalidConfiguration), advice) {
                isMoved && (300..<400).contains($0.status) || isMoved && $0.status == 404
            },
            AnswerRow(.fails(.invalidConfiguration), advice) { $0.status == 405 && (isMoved || $0.says("moved")) },
            AnswerRow(.strays, 405...405, "this GitLab does not take the method: \(Self.endpoint)"),
        ]
    }

    /// GitLab in maintenance mode, and a Geo secondary, answer reading requests as ever and refuse all others.
    private var readOnly: [AnswerRow] {
        [
            AnswerRow(
                .fails(.retryable),
                "GitLab is read-only at the moment (maintenance mode, or a Geo secondary site)"
            ) {
                ($0.status == 403 || $0.status == 503) && $0.response.header("retry-after") == nil
                    && $0.says("read-only", "read only", "maintenance")
            }
        ]
    }

    private var written: [AnswerRow] {
        [
            AnswerRow(.fails(.retryable), "someone else created it in the meantime") {
                $0.status == 400 && $0.says("has already been taken")
            },
            AnswerRow(
                .fails(.unauthorized),
                "not GitLab's API, or an address that GitLab blocks for an hour after many refused tokens: check the token "
                    + "and what is in between"
            ) { $0.status == 403 && !$0.response.isPage && $0.text == "Forbidden" },
        ]
            + [
                ("insufficient_scope", "the token lacks a scope"), ("expired", "the token has expired"),
                ("revoked", "the token was revoked"),
            ].map { word, complaint in
                AnswerRow(.fails(.unauthorized), "\(complaint): create \(wanted)") {
                    ($0.status == 401 || $0.status == 403) && $0.says(word)
                }
            }
    }

    private var wanted: String { "\(target.place.tokens) with \(target.place.permission)" }

    private var advice: Advice {
        Advice(
            unauthorized: "the token is refused or lacks permission: create \(wanted)",
            notFound: "\(target.place) is not there, or the token may not see it: check its path, and create \(wanted)",
            conflict: "the key exists in several environment scopes: set environment-scope to the one to write",
            invalid: "GitLab refuses what was asked: check the keys, environment-scope, masked, hidden and endpoint")
    }
}

/// GitLab's own words in an answer.
func gitLabText(_ response: HTTPResponse) -> String {
    response.json(VendorError.self)?.text ?? response.plainText
}

/// Whether it is the variable that is missing. Only a missing project or group is recognized by its words: creating the
/// variable finds out the rest, and writes nothing where there is nothing to write to.
func isMissingVariable(_ response: HTTPResponse) -> Bool {
    guard response.status == 404, response.header("location") == nil, !response.isPage else { return false }
    let text = response.json(VendorError.self)?.text ?? ""
    return !text.has("Project") && !text.has("Group Not Found")
}
