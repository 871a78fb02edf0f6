import PusherKit

/// The failure that an answer of Travis CI stands for.
func rejection(_ response: HTTPResponse, about subject: String) -> PushFailure {
    let error = response.json(VendorError.self)
    let text = error.map { "\($0.type): \($0.message)" } ?? response.plainText
    return response.failure(about: subject, text: text, advice: advice(for: error))
}

private struct VendorError: Decodable {
    let type: String
    let message: String

    enum CodingKeys: String, CodingKey {
        case type = "error_type"
        case message = "error_message"
    }
}

private func advice(for error: VendorError?) -> Advice {
    Advice(
        unauthorized: unauthorized(error),
        notFound: "no such repository, or the token's user may not see it: check repository, and that it is "
            + "active on Travis CI",
        conflict: "the variable was created by somebody else meanwhile: look at the repository's settings, "
            + "then run keyturn retry",
        invalid: "Travis CI refuses what was asked: check the variable's name, the repository and endpoint")
}

private func unauthorized(_ error: VendorError?) -> String {
    switch error?.type {
    case "insufficient_access":
        "the token's user may not write this repository's settings: give the user admin or push access, or use "
            + "another user's token"
    case "repo_migrated":
        "the repository was migrated: use api.travis-ci.com and the token of that site"
    case nil:
        // A ban is answered with plain text, and cannot be told from a refused token by its status.
        "the token is refused: make a new one with `travis token --com`; or, after more than 50 new variables in "
            + "30 seconds, a ban that ends after an hour"
    default:
        "the token is refused: make a new one with `travis token --com`"
    }
}
