import PusherKit

/// The requests to a cluster's API server.
struct Client: Sendable {
    /// Items that are asked for at once: a Secret can be 1 MiB, and an answer 4 MiB. A list ends after this many pages.
    private static let pageSize = 25
    private static let mostPages = 200
    /// Releases of Helm are compressed, so nothing can be seen in them, and are as large as Secrets can be.
    private static let selector = (name: "fieldSelector", value: "type!=helm.sh/release.v1")

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

    /// The cluster's namespaces.
    func namespaces(call: borrowing Call) throws(PushFailure) -> [ListedNamespace] {
        try list(["api", "v1", "namespaces"], [], Answers.Listing("namespaces", in: nil), call: call)
    }

    /// A namespace's Secrets, with their values.
    func secrets(in namespace: String, call: borrowing Call) throws(PushFailure) -> [ListedSecret] {
        try list(
            ["api", "v1", "namespaces", namespace, "secrets"], [Self.selector],
            Answers.Listing("Secrets", in: namespace), call: call)
    }

    private func list<Item: JSONReadable>(
        _ path: [String], _ filter: [(name: String, value: String)], _ listing: Answers.Listing, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        let query = [(name: "limit", value: "\(Self.pageSize)")] + filter
        return try call.list(request(.get, path, query), most: Self.mostPages, about: listing.subject) {
            response, _ throws(PushFailure) in
            guard response.isYes(200), let page = response.json(ListedPage<Item>.self) else {
                throw listing.failure(response)
            }
            let next = page.next.map { query + [(name: "continue", value: $0)] }
            return ListPage(page.items, next: next.map { request(.get, path, $0) })
        }
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
