import FoundationEssentials
import PusherKit

/// The failure that an answer of GitHub stands for.
///
/// - Parameter now: the host's time, used where the answer has no time of its own.
func rejection(_ response: HTTPResponse, for target: Target, name: String? = nil, now: Date) -> PushFailure {
    let text = response.json(VendorError.self)?.text ?? response.plainText
    let subject = target.subject(name)
    if let pause = pause(response, text: text, now: now) {
        return PushFailure(
            .rateLimited(after: pause),
            "\(subject): \(response.status) (\(oneLine(text))): rate limit, it will be tried again in "
                + "\(pause.components.seconds) s; give the pusher a token of its own if this goes on")
    }
    return response.failure(about: subject, text: text, advice: advice(for: target, response, text))
}

/// How long to wait where the answer is about a rate limit: GitHub uses 403 as well as 429, and says by header fields
/// or in words which it is. In the order that GitHub's documentation gives: what `retry-after` says, else until
/// `x-ratelimit-reset`, else a minute.
private func pause(_ response: HTTPResponse, text: String, now: Date) -> Duration? {
    let isUsedUp = response.header("x-ratelimit-remaining") == "0"
    let isLimit =
        response.status == 429
        || response.status == 403
            && (isUsedUp || response.header("retry-after") != nil || text.lowercased().contains("rate limit"))
    guard isLimit else { return nil }
    if let retryAfter = response.retryAfter { return retryAfter }
    guard isUsedUp, let reset = response.header("x-ratelimit-reset").flatMap(Int64.init) else { return .seconds(60) }
    let current = response.header("date").flatMap(httpDate) ?? now
    let (seconds, overflow) = reset.subtractingReportingOverflow(Int64(current.timeIntervalSince1970))
    // One second more: both times are cut to seconds.
    return overflow ? .seconds(60) : bounded(seconds: max(seconds, 0) + 1)
}

private func advice(for target: Target, _ response: HTTPResponse, _ text: String) -> Advice {
    Advice(
        unauthorized: unauthorized(target, response, text),
        notFound: "\(target.place) is not there, or the token may not see it: check its name, and create a token with "
            + target.place.permission,
        conflict: "GitHub is changing it at this moment: run keyturn retry",
        invalid: "GitHub refuses what was asked: check the names (not GITHUB_…, fewer than 100 secrets) and endpoint")
}

private func unauthorized(_ target: Target, _ response: HTTPResponse, _ text: String) -> String {
    if response.header("x-github-sso") != nil {
        return "the token is not authorized for the organization's single sign-on: authorize it in GitHub's settings"
    }
    let accepted = response.header("x-accepted-github-permissions").map { " (GitHub names \(oneLine($0, limit: 80)))" }
    return "the token is refused or lacks permission: create one with \(target.place.permission)" + (accepted ?? "")
}

private struct VendorError: Decodable {
    let message: String
    let errors: [Detail]?

    struct Detail: Decodable {
        let field: String?
        let code: String?
        let message: String?
    }

    var text: String {
        let details = (errors ?? []).map { [$0.field, $0.code, $0.message].compactMap { $0 }.joined(separator: " ") }
        return ([message] + details).joined(separator: "; ")
    }

    enum CodingKeys: String, CodingKey {
        case message, errors
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        message = try fields.decode(String.self, forKey: .message)
        // Whatever shape the details have, the message is not lost over them.
        errors = try? fields.decode([Detail].self, forKey: .errors)
    }
}
