import PusherKit

/// When the token ends: GitHub says so with every answer to one of a person's that does.
final class TokenEnd: Sendable {
    private let value = Guarded<Timestamp?>(nil)

    var date: Timestamp? { value.withLock { $0 } }

    func note(_ response: HTTPResponse) {
        guard let text = response.header("github-authentication-token-expiration") else { return }
        guard let date = spacedDate(text) ?? rfc3339(text) else { return }
        value.withLock { $0 = date }
    }
}
