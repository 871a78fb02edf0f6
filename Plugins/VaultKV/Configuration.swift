import PusherKit

/// Where the server is, and as whom the pusher asks it.
struct Configuration: JSONReadable {
    let endpoint: Endpoint
    let credential: Credential
    /// Of every target that names none, and where an AppRole logs in; nil: the root namespace.
    let namespace: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        endpoint = try fields.value("endpoint")
        namespace = try fields.optional("namespace")
        let mount: String = try fields.optional("approle-mount") ?? "approle"
        let token: SecretBytes? = try fields.optional("token")
        let role: SecretBytes? = try fields.optional("role-id")
        let secret: SecretBytes? = try fields.optional("secret-id")
        switch (token, role, secret) {
        case (let token?, nil, nil): credential = .token(token)
        case (nil, let role?, let secret?): credential = .appRole(AppRole(mount: mount, roleID: role, secretID: secret))
        default: throw fields.wrong("token", "give token, or role-id and secret-id")
        }
    }
}

/// As whom the pusher asks.
enum Credential: Sendable {
    case token(SecretBytes)
    case appRole(AppRole)
}

/// What an AppRole logs in with.
struct AppRole: Sendable {
    /// Where the authentication method is mounted.
    let mount: String
    let roleID: SecretBytes
    let secretID: SecretBytes
}

/// A token that a login gave.
struct LeasedToken: JSONReadable {
    let token: SecretBytes
    /// Seconds; 0: it does not end by itself.
    let lease: Int64

    init(json answer: JSONValue) throws(JSONMismatch) {
        let auth: JSONValue = try answer.value("auth")
        token = try auth.value("client_token")
        lease = try auth.optional("lease_duration") ?? 0
        guard token.count > 0, token.isVisibleASCII else { throw auth.wrong("client_token", "is not a token") }
    }
}
