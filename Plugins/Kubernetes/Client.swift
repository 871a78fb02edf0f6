import PusherKit

/// The requests to a cluster's API server.
struct Client: Sendable {
    let endpoint: Endpoint
    let token: SecretBytes

    /// The target's Secret.
    func read(_ target: Target, call: borrowing Call) throws(PushFailure) -> Secret {
        let response = try call.http(request(.get, target), about: target.subject)
        guard response.isYes(200), let secret = response.json(Secret.self) else {
            throw Answers(target: target).failure(response)
        }
        return secret
    }

    /// Writes both keys by one request, and no other key: a merge patch leaves alone what it does not name.
    ///
    /// - Parameter version: what was read. The write fails where someone has written the Secret since, or deleted it and made another.
    /// - Returns: the Secret as it is since.
    func write(
        _ pair: borrowing KeyPair, over version: String, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> Secret {
        var metadata = JSONBody()
        metadata.set("resourceVersion", version)
        var data = JSONBody()
        data.set(target.accessKeyID, SecretBytes(pair.accessKeyID).base64)
        data.set(target.secretAccessKey, pair.secretAccessKey.base64)
        var body = JSONBody()
        body.set("metadata", metadata)
        body.set("data", data)
        var patch = request(.patch, target, [(name: "fieldManager", value: "keyturn")])
        patch.setBody(body, type: "application/merge-patch+json")
        let response = try call.http(patch, about: target.subject)
        guard response.isYes(200), let secret = response.json(Secret.self) else {
            throw Answers(target: target).failure(response)
        }
        return secret
    }

    /// Whether the token may change the Secret; nil: the cluster does not say.
    func mayWrite(_ target: Target, call: borrowing Call) throws(PushFailure) -> Bool? {
        var attributes = JSONBody()
        attributes.set("namespace", target.namespace)
        attributes.set("verb", "patch")
        attributes.set("version", "v1")
        attributes.set("resource", "secrets")
        attributes.set("name", target.secret)
        var spec = JSONBody()
        spec.set("resourceAttributes", attributes)
        var body = JSONBody()
        body.set("apiVersion", "authorization.k8s.io/v1")
        body.set("kind", "SelfSubjectAccessReview")
        body.set("spec", spec)
        var question = request(.post, ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"])
        question.setBody(body)
        let response = try call.http(question, about: target.subject)
        // Some clusters refuse the question itself.
        if response.status == 403 { return nil }
        guard response.isYes(200, 201), let review = response.json(AccessReview.self) else {
            throw Answers(target: target).failure(response)
        }
        return review.isAllowed
    }

    private func request(
        _ method: HTTPRequest.Method, _ target: Target, _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        request(method, ["api", "v1", "namespaces", target.namespace, "secrets", target.secret], query)
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Bearer ", token)
        request.setHeader("User-Agent", "keyturn-kubernetes/1.0.0")
        request.setHeader("Accept", "application/json")
        return request
    }
}
