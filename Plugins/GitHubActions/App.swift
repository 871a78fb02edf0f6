import PusherKit

/// A GitHub App: makes a token for every account where its targets are, and keeps it as long as it is good.
///
/// A pusher does not know all its targets at once, so a token is for all repositories of the installation; it is narrowed
/// to the permissions that the target takes.
final class App: Sendable {
    /// What a token is for.
    private struct Use: Hashable {
        let owner: String
        let permissions: [String]?
    }

    private struct Token {
        let secret: SecretBytes
        /// By this machine's clock.
        let renewal: Timestamp
    }

    /// Before a token ends it is replaced, for what is in progress with it.
    private static let margin = Duration.seconds(300)

    private let issuer: String
    private let installation: Int?
    private let key: SigningKey
    private let endpoint: Endpoint
    /// Held while a token is asked for, so that calls at the same time ask for it once.
    private let tokens = Guarded<[Use: Token]>([:])

    init(issuer: String, installation: Int?, key: SigningKey, endpoint: Endpoint) {
        self.issuer = issuer
        self.installation = installation
        self.key = key
        self.endpoint = endpoint
    }

    /// The token for requests about a target.
    ///
    /// - Parameter refused: a token that GitHub did not take: the answer is another one.
    func token(
        for target: Target, insteadOf refused: SecretBytes?, call: borrowing Call
    ) throws(PushFailure) -> SecretBytes {
        let use = Use(owner: target.place.owner, permissions: Permission(target: target).ofApp)
        return try tokens.withLock { tokens throws(PushFailure) in
            if let token = tokens[use], token.secret != refused, call.now < token.renewal { return token.secret }
            let token = try newToken(use, for: target, call: call)
            tokens[use] = token
            return token.secret
        }
    }

    private func newToken(_ use: Use, for target: Target, call: borrowing Call) throws(PushFailure) -> Token {
        let installation = try installation(for: target, call: call)
        var body = JSONBody()
        if let permissions = use.permissions { body.set("permissions", permissions.map { (name: $0, value: "write") }) }
        let path = ["app", "installations", String(installation), "access_tokens"]
        let response = try send(.post, path, body, for: target, call: call)
        guard response.status == 201, let grant = response.json(Grant.self), grant.token.isVisibleASCII,
            grant.token.count > 0, let end = rfc3339(grant.end)
        else { throw rejection(response, use, for: target, call: call) }
        // The end is a time by GitHub's clock.
        let lifetime = end - (response.header("date").flatMap(httpDate) ?? call.now)
        return Token(secret: grant.token, renewal: call.now + (lifetime - Self.margin))
    }

    /// The installation that sees the target's place.
    private func installation(for target: Target, call: borrowing Call) throws(PushFailure) -> Int {
        if let installation { return installation }
        let place = target.place.repository ?? ["orgs", target.place.owner]
        let response = try send(.get, place + ["installation"], nil, for: target, call: call)
        guard response.status == 200, let installation = response.json(Installation.self) else {
            throw rejection(response, nil, for: target, call: call)
        }
        guard installation.suspended == nil else {
            throw PushFailure(.unauthorized, "\(target.subject()): \(Self.suspended(target.place.owner))")
        }
        return installation.id
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: [String], _ body: consuming JSONBody?, for target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        guard let assertion = AppAssertion.sign(issuer: issuer, key: key, now: call.now) else {
            throw PushFailure(.internal, "\(target.subject()): libcrypto cannot sign with private-key")
        }
        var request = gitHubRequest(method, endpoint.url(path))
        if let body { request.setBody(body) }
        return try call.http(request.authorized(by: assertion), about: target.subject())
    }

    private func rejection(
        _ response: HTTPResponse, _ use: Use?, for target: Target, call: borrowing Call
    ) -> PushFailure {
        let failure = Answers(target: target, isApp: true).failure(response, name: nil)
        let start = "\(target.subject()): \(response.status)"
        let text = gitHubText(response)
        let said = text.isEmpty ? "" : " (\(oneLine(text)))"
        switch (response.status, failure.reason) {
        case (401, _):
            return PushFailure(
                .unauthorized,
                "\(start)\(said): GitHub does not know the App by this signature: check app-id, private-key and this "
                    + "machine's clock")
        case (404, _) where text.lowercased().has("integration"):
            return PushFailure(.unauthorized, "\(start)\(said): there is no App of that app-id: check it and endpoint")
        case (404, _) where use == nil:
            return PushFailure(
                .notFound,
                "\(start)\(said): \(target.place) is not there, or the App is not installed for it: check its name, and "
                    + "install the App in \(target.place.owner)")
        case (404, _):
            return PushFailure(
                .notFound,
                "\(start)\(said): the App has no installation \(installation.map(String.init) ?? "there"): check "
                    + "installation-id, or leave it out")
        case (403, .unauthorized) where text.lowercased().has("suspended"):
            return PushFailure(.unauthorized, "\(start)\(said): \(Self.suspended(target.place.owner))")
        case (422, _):
            return PushFailure(
                .unauthorized,
                "\(start)\(said): the App lacks \(use?.permissions?.joined(separator: ", ") ?? "permissions"): give it "
                    + "\(Permission(target: target).access), and have \(target.place.owner) accept that")
        default: return failure
        }
    }

    private static func suspended(_ owner: String) -> String {
        "the App's installation is suspended: have an owner of \(owner) unsuspend it in the settings"
    }
}

private struct Installation: JSONReadable {
    let id: Int
    let suspended: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        suspended = try fields.optional("suspended_at")
    }
}

private struct Grant: JSONReadable {
    let token: SecretBytes
    let end: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        token = try fields.value("token")
        end = try fields.value("expires_at")
    }
}
