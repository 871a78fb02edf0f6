import FoundationEssentials
import PusherKit

/// The requests to GitHub's REST API, version 2022-11-28.
struct Client: Sendable {
    let endpoint: Endpoint
    let token: SecretBytes

    /// The public key to seal for, and the time by GitHub's clock, where it tells one.
    func publicKey(_ target: Target, call: borrowing Call) throws(PushFailure) -> (key: PublicKey, now: Date?) {
        let response = try send(.get, target.place.path + ["public-key"], about: target.subject(), call: call)
        guard response.status == 200, let key = response.json(PublicKey.self) else {
            throw rejection(response, for: target, now: call.now)
        }
        return (key, response.header("date").flatMap(httpDate))
    }

    /// Writes one sealed secret.
    ///
    /// - Returns: the status, 201 where it was created, 204 where it was changed.
    func write(
        _ name: String, _ sealed: String, keyID: String, access: Access?, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int {
        var body = JSONBody()
        body.set("encrypted_value", sealed)
        body.set("key_id", keyID)
        if let access {
            body.set("visibility", access.visibility)
            if access.visibility == "selected" { body.set("selected_repository_ids", access.repositories) }
        }
        let path = target.place.path + [name]
        let response = try send(.put, path, body: body, about: target.subject(name), call: call)
        guard response.status == 201 || response.status == 204 else {
            throw rejection(response, for: target, name: name, now: call.now)
        }
        return response.status
    }

    /// What GitHub tells about the secrets of those names; those that are not there are left out.
    func secrets(_ names: [String], of target: Target, call: borrowing Call) throws(PushFailure) -> [Secret] {
        guard target.place.isListedInOnePage else {
            var secrets: [Secret] = []
            for name in names {
                if let secret = try secret(name, of: target, call: call) { secrets.append(secret) }
            }
            return secrets
        }
        let query = [(name: "per_page", value: "100")]
        let response = try send(.get, target.place.path, query, about: target.subject(), call: call)
        guard response.status == 200, let list = response.json(SecretList.self) else {
            throw rejection(response, for: target, now: call.now)
        }
        return list.secrets.filter { secret in names.contains(where: secret.isNamed) }
    }

    /// What GitHub tells about one secret, or nil where it is not there.
    func secret(_ name: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Secret? {
        let response = try send(.get, target.place.path + [name], about: target.subject(name), call: call)
        if response.status == 404 { return nil }
        guard response.status == 200, let secret = response.json(Secret.self) else {
            throw rejection(response, for: target, name: name, now: call.now)
        }
        return secret
    }

    func send(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = [],
        body: consuming JSONBody? = nil, about subject: String, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Bearer ", token)
        request.setHeader("Accept", "application/vnd.github+json")
        request.setHeader("X-GitHub-Api-Version", "2022-11-28")
        request.setHeader("User-Agent", "keyturn-github-actions/1.0.0")
        if let body { request.setBody(body) }
        return try call.http(request, about: subject)
    }
}
