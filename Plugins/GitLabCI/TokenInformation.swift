import PusherKit

/// What GitLab says about a personal, project or group access token.
struct TokenInformation: JSONReadable, Sendable {
    let scopes: [String]?
    /// A day, as in `2026-12-01`: the token ends as it begins, in UTC.
    let expiry: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        scopes = try fields.optional("scopes")
        expiry = try fields.optional("expires_at")
    }

    /// When the token ends, where it does.
    var end: Timestamp? { expiry.flatMap { rfc3339("\($0)T00:00:00Z") } }

    /// Whether it may write; nil where GitLab does not say.
    var mayWrite: Bool? { scopes.map { $0.contains("api") } }
}

/// Keeps what was found out once.
final class Facts: Sendable {
    private let token = Guarded<TokenInformation?>(nil)
    private let unscoped = Guarded<String?>(nil)

    var knownToken: TokenInformation? {
        get { token.withLock { $0 } }
        set { token.withLock { $0 = newValue } }
    }

    /// Why this GitLab takes no environment scopes for groups, once it has shown that.
    var whyUnscoped: String? {
        get { unscoped.withLock { $0 } }
        set { unscoped.withLock { $0 = newValue } }
    }
}
