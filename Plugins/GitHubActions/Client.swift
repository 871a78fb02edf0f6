import PusherKit

/// The requests to GitHub's REST API, version 2022-11-28.
struct Client: Sendable {
    let endpoint: Endpoint
    let credential: Credential
    private let keys = KeyRing()
    private let end = TokenEnd()

    init(endpoint: Endpoint, credential: Credential) {
        self.endpoint = endpoint
        self.credential = credential
    }

    /// What became of a write.
    struct Written {
        /// 201 where it was created, 204 where it was changed.
        let status: Int

        var verb: String { (status == 201 ? "created" : "updated") + " (\(status))" }
    }

    /// The public key to seal for: asked for once in a run, unless `isForgotten`.
    func publicKey(
        _ target: Target, isForgotten: Bool = false, call: borrowing Call
    ) throws(PushFailure) -> (key: PublicKey, isFresh: Bool) {
        if !isForgotten, let key = keys[target.place] { return (key, false) }
        let response = try send(.get, target.place.secrets + ["public-key"], for: target, call: call)
        guard response.isYes(200), let key = response.json(PublicKey.self) else {
            throw rejection(response, for: target, call: call)
        }
        guard key.isKey else {
            throw PushFailure(.retryable, "\(target.subject()): GitHub gave a public key that is none")
        }
        keys[target.place] = key
        return (key, true)
    }

    /// Writes one secret, sealed.
    ///
    /// - Parameters:
    ///   - access: who of an organization sees it.
    ///   - isKeyFresh: whether the public key was asked for in this call, so that it is not at fault.
    func write(
        _ name: String, _ value: SecretBytes, _ access: Access?, isKeyFresh: Bool, in target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Written {
        let key = try publicKey(target, call: call).key
        var response = try put(name, value, key, access, in: target, call: call)
        if response.status == 422, !isKeyFresh {
            // The key may have been replaced since it was asked for.
            let current = try publicKey(target, isForgotten: true, call: call).key
            if current != key { response = try put(name, value, current, access, in: target, call: call) }
        }
        guard response.isYes(201, 204) else { throw rejection(response, for: target, name: name, call: call) }
        return Written(status: response.status)
    }

    private func put(
        _ name: String, _ value: SecretBytes, _ key: PublicKey, _ access: Access?, in target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        guard let sealed = key.seal(value) else {
            throw PushFailure(.internal, "\(target.subject(name)): the value cannot be sealed")
        }
        var body = JSONBody()
        body.set("encrypted_value", sealed)
        body.set("key_id", key.id)
        access?.write(to: &body)
        return try send(.put, target.place.secrets + [name], body: body, for: target, name: name, call: call)
    }

    /// What GitHub says about the secrets of those names; those that are not there are left out.
    func secrets(_ names: [String], of target: Target, call: borrowing Call) throws(PushFailure) -> SecretList {
        guard target.place.capacity != nil else {
            var secrets: [Secret] = []
            for name in names {
                if let secret = try secret(name, of: target, call: call) { secrets.append(secret) }
            }
            return SecretList(total: nil, secrets: secrets)
        }
        let query = [(name: "per_page", value: "100")]
        let response = try send(.get, target.place.secrets, query, for: target, call: call)
        guard response.isYes(200), let list = response.json(SecretList.self) else {
            throw rejection(response, for: target, call: call)
        }
        return list
    }

    /// What GitHub says about one secret, or nil where it is not there.
    func secret(_ name: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Secret? {
        let response = try send(.get, target.place.secrets + [name], for: target, name: name, call: call)
        if response.status == 404, !response.isPage { return nil }
        guard response.isYes(200), let secret = response.json(Secret.self) else {
            throw rejection(response, for: target, name: name, call: call)
        }
        return secret
    }

    /// When the token ends, as far as GitHub said so in an answer of before. An App replaces its tokens by itself.
    var tokenEnd: Timestamp? { end.date }

    /// Sends a request with the token; once more with a new one, where an App's was refused.
    func send(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = [],
        body: consuming JSONBody? = nil, for target: Target, name: String? = nil, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        var request = gitHubRequest(method, endpoint.url(path, query: query))
        if let body { request.setBody(body) }
        let token = try credential.token(for: target, call: call)
        let response = try call.http(request.authorized(by: token), about: target.subject(name))
        if !credential.isApp { end.note(response) }
        guard response.status == 401, let new = try credential.token(for: target, insteadOf: token, call: call) else {
            return response
        }
        return try call.http(request.authorized(by: new), about: target.subject(name))
    }
}

/// A request with the header fields that GitHub wants of every one.
func gitHubRequest(_ method: HTTPRequest.Method, _ url: String) -> HTTPRequest {
    var request = HTTPRequest(method, url)
    request.setHeader("Accept", "application/vnd.github+json")
    request.setHeader("X-GitHub-Api-Version", "2022-11-28")
    request.setHeader("User-Agent", "keyturn-github-actions/1.0.0")
    return request
}

extension HTTPRequest {
    /// The request with a token, or an App's signature.
    func authorized(by token: SecretBytes) -> HTTPRequest {
        var request = self
        request.setHeader("Authorization", prefix: "Bearer ", token)
        return request
    }
}
