import FoundationEssentials
import PusherKit

/// The failure that an answer of GitHub stands for.
struct Rejection {
    let target: Target
    /// Whether an App asked, and not somebody's token.
    let isApp: Bool

    /// - Parameter now: the host's time, used where the answer has no time of its own.
    func failure(_ response: HTTPResponse, name: String?, now: Date) -> PushFailure {
        let text = gitHubText(response)
        let subject = target.subject(name)
        if let pause = pause(response, text: text, now: now) {
            return PushFailure(
                .rateLimited(after: pause),
                "\(subject): \(response.status) (\(oneLine(text))): rate limit, it will be tried again in "
                    + "\(pause.components.seconds) s; give the pusher a token of its own if this goes on")
        }
        if response.status == 403, text.lowercased().contains("archived") {
            return PushFailure(.conflict, "\(subject): 403 (\(oneLine(text))): \(archivedAdvice)")
        }
        if isPage(response), response.status < 500 {
            return PushFailure(
                .invalidConfiguration,
                "\(subject): \(response.status): the answer is a web page, not GitHub's API: check endpoint (Enterprise "
                    + "Server: https://HOST/api/v3) and what stands in between")
        }
        return response.failure(about: subject, text: text, advice: advice(response))
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

    private func isPage(_ response: HTTPResponse) -> Bool {
        response.header("content-type")?.contains("text/html") ?? false
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
        if response.header("x-github-sso") != nil {
            return
                "the token is not authorized for the organization's single sign-on: authorize it in GitHub's settings"
        }
        let accepted = response.header("x-accepted-github-permissions").map {
            " (GitHub names \(oneLine($0, limit: 80)))"
        }
        let scopes = response.header("x-oauth-scopes").map { oneLine($0, limit: 80) } ?? ""
        let held = scopes.isEmpty ? "" : " (this one has scope \(scopes))"
        return "the token is refused or lacks permission: \(remedy)" + (accepted ?? "") + held
    }
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
