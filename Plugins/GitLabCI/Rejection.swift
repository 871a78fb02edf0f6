import PusherKit

/// The failure that an answer of GitLab stands for.
func rejection(_ response: HTTPResponse, for target: Target, key: String? = nil) -> PushFailure {
    let text = response.json(VendorError.self)?.text ?? response.plainText
    let subject = target.subject(key)
    if response.status == 400 && text.contains("has already been taken") {
        return PushFailure(
            .retryable, "\(subject): 400 (\(oneLine(text))): somebody else created it meanwhile; it will be tried again"
        )
    }
    return response.failure(about: subject, text: text, advice: advice(for: target))
}

/// Whether it is the variable that is missing. Only a missing project is told apart by its words: creating the
/// variable finds out the rest, and writes nothing where there is nothing to write to.
func isMissingVariable(_ response: HTTPResponse) -> Bool {
    guard response.status == 404 else { return false }
    return !(response.json(VendorError.self)?.text ?? "").contains("Project")
}

private func advice(for target: Target) -> Advice {
    Advice(
        unauthorized: "the token is refused or lacks permission: create one with \(target.place.permission)",
        notFound: "\(target.place) is not there, or the token may not see it: check its path, and create a token "
            + "with \(target.place.permission)",
        conflict: "the key exists in several environment scopes: set environment-scope to the one to write",
        invalid: "GitLab refuses what was asked: check the keys, environment-scope, masked and endpoint")
}
