import PusherKit

/// The requests to one server, with a token that is there or comes from a login.
struct Session: Sendable {
    /// A token is used no longer than until this many seconds before its end, for a call may still take that time; of a short one half
    /// of its time.
    private static let margin: Int64 = 60

    private let endpoint: Endpoint
    private let credential: Credential
    private let namespace: String?
    /// The token of the last login, in memory alone, and when it is not used any more; nil: until the server refuses it.
    private let login = Guarded<(token: SecretBytes, end: Timestamp?)?>(nil)

    init(_ configuration: Configuration) throws(PushFailure) {
        endpoint = configuration.endpoint
        credential = configuration.credential
        namespace = configuration.namespace
        if case .token(let token) = credential { try token.checkAsToken(of: "Vault") }
    }

    /// Whether the token is the configured one, whose end people have to know.
    var hasOwnToken: Bool { if case .token = credential { true } else { false } }

    /// Sends a request about a target, and waits for the answer, whatever its status.
    ///
    /// A token of a login that is refused may have been revoked or used up: then one more login, and the request once more. It was
    /// not carried out.
    ///
    /// - Parameter isAgain: whether the call has just asked for something else, so that another login would not help.
    func send(
        _ method: HTTPRequest.Method, _ path: [String], query: [(name: String, value: String)] = [],
        body: SecretBytes? = nil, type: String = "application/json", isAgain: Bool = false, _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        let (token, isKept) = try token(target, call: call)
        let response = try call.http(request(method, path, query, body, type, token, target), about: target.subject)
        guard response.status == 403, isKept, !isAgain else { return response }
        login.withLock { if $0?.token === token { $0 = nil } }
        let new = try self.token(target, call: call).token
        return try call.http(request(method, path, query, body, type, new, target), about: target.subject)
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)], _ body: SecretBytes?,
        _ type: String, _ token: SecretBytes, _ target: Target
    ) -> HTTPRequest {
        var request = request(method, path, query, namespace: target.namespace ?? namespace)
        request.setHeader("X-Vault-Token", token)
        if let body { request.setBody(body, type: type) }
        return request
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = [],
        namespace: String?
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(["v1"] + path, query: query))
        request.setHeader("User-Agent", "keyturn-vault-kv/1.0.0")
        request.setHeader("Accept", "application/json")
        // Agents and proxies of Vault may ask for it.
        request.setHeader("X-Vault-Request", "true")
        if let namespace { request.setHeader("X-Vault-Namespace", namespace) }
        return request
    }

    /// The token for a request, and whether it was there before.
    private func token(
        _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> (token: SecretBytes, isKept: Bool) {
        switch credential {
        case .token(let token): return (token, false)
        case .appRole(let role):
            let now = call.now
            let kept = login.withLock { login -> SecretBytes? in
                guard let (token, end) = login, end.map({ $0 > now }) ?? true else { return nil }
                return token
            }
            if let kept { return (kept, true) }
            // Not under the lock, which other targets need: two logins at a time do no harm.
            let new = try logIn(role, target, call: call)
            let usable = new.lease - min(Self.margin, new.lease / 2)
            let end = new.lease > 0 ? now + .seconds(min(usable, 1 << 32)) : nil
            login.withLock { $0 = (new.token, end) }
            return (new.token, false)
        }
    }

    private func logIn(_ role: AppRole, _ target: Target, call: borrowing Call) throws(PushFailure) -> LeasedToken {
        var body = JSONBody()
        body.set("role_id", role.roleID)
        body.set("secret_id", role.secretID)
        var request = request(
            .post, ["auth"] + Target.segments(role.mount) + ["login"], namespace: namespace)
        request.setBody(body)
        let response = try call.http(request, about: target.subject)
        guard response.isYes(200), let token = response.json(LeasedToken.self) else {
            throw Answers(target: target).failure(response)
        }
        return token
    }
}
