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
    if let moved = newPlace(of: target.place, response) {
        return PushFailure(
            .invalidConfiguration, "\(subject): \(response.status): the \(moved.field) has moved: \(moved.advice)")
    }
    return response.failure(about: subject, text: text, advice: advice(for: target, text))
}

/// Where a project or group is now, if the answer says so: GitLab redirects from old paths, by number or by new path.
private func newPlace(of place: Place, _ response: HTTPResponse) -> (field: String, advice: String)? {
    guard (300..<400).contains(response.status) || response.status == 404, let field = place.field,
        let location = response.header("location")
    else { return nil }
    let segments = location.prefix { $0 != "?" && $0 != "#" }.split(separator: "/")
    guard let index = segments.lastIndex(where: { $0 == field.segment }), index + 2 < segments.count,
        segments[index + 2] == "variables"
    else { return nil }
    // The characters of paths need no encoding, but for the slashes between them.
    let name = String(segments[index + 1]).replacing("%2F", with: "/").replacing("%2f", with: "/")
    guard name != place.id else { return nil }
    let isNumber = name.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let shown = oneLine(name, limit: 255)
    let advice = "set \(field.name): \(shown) in the target" + (isNumber ? ", or the new path" : "")
    return (field.name, advice)
}

/// Whether it is the variable that is missing. Only a missing project or group is told apart by its words: creating the
/// variable finds out the rest, and writes nothing where there is nothing to write to.
func isMissingVariable(_ response: HTTPResponse) -> Bool {
    guard response.status == 404, response.header("location") == nil else { return false }
    let text = response.json(VendorError.self)?.text ?? ""
    return !text.contains("Project") && !text.contains("Group Not Found")
}

private func advice(for target: Target, _ text: String) -> Advice {
    let wanted = "\(target.place.tokens) with \(target.place.permission)"
    return Advice(
        unauthorized: "\(complaint(text)): create \(wanted)",
        notFound: "\(target.place) is not there, or the token may not see it: check its path, and create "
            + wanted,
        conflict: "the key exists in several environment scopes: set environment-scope to the one to write",
        invalid: "GitLab refuses what was asked: check the keys, environment-scope, masked, hidden and endpoint")
}

/// What is wrong with the token, by GitLab's words.
private func complaint(_ text: String) -> String {
    if text.contains("insufficient_scope") { return "the token lacks a scope" }
    if text.lowercased().contains("expired") { return "the token has expired" }
    if text.lowercased().contains("revoked") { return "the token was revoked" }
    return "the token is refused or lacks permission"
}
