import PusherKit

/// The requests, and what each answer means: the part to rewrite for another service.
struct Client: Sendable {
    let endpoint: Endpoint
    let token: SecretBytes

    /// The fields of the secret that are text, or nil where there is no such secret.
    func read(_ target: VaultKV.Target, call: borrowing Call) throws(PushFailure) -> [String: SecretBytes]? {
        let response = try call.http(request(.get, target), about: target.subject)
        if isMissingSecret(response) { return nil }
        guard response.status == 200, let document = response.json(Document.self) else {
            throw rejection(response, target)
        }
        return document.texts
    }

    /// The names below a path of the mount `secret`; those of paths end in a slash.
    func list(_ path: String, call: borrowing Call) throws(PushFailure) -> [String] {
        let target = VaultKV.Target(path: path)
        let response = try call.http(request(.get, target, "metadata", [("list", "true")]), about: target.subject)
        if isMissingSecret(response) { return [] }
        guard response.status == 200, let list = response.json(NameList.self) else { throw rejection(response, target) }
        return list.names
    }

    /// Writes both fields, and leaves the secret's other fields as they are.
    func write(
        _ pair: borrowing KeyPair, to target: VaultKV.Target, exists: Bool, call: borrowing Call
    ) throws(PushFailure) {
        var fields = JSONBody()
        fields.set(target.accessKeyID, pair.accessKeyID)
        fields.set(target.secretAccessKey, pair.secretAccessKey)
        var body = JSONBody()
        body.set("data", fields)
        var request = request(exists ? .patch : .post, target)
        request.setBody(body, type: exists ? "application/merge-patch+json" : "application/json")
        let response = try call.http(request, about: target.subject)
        guard response.status == 200, response.json(Written.self) != nil else { throw rejection(response, target) }
    }

    private func request(
        _ method: HTTPRequest.Method, _ target: VaultKV.Target, _ part: String = "data",
        _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        let mount = target.mount.split(separator: "/").map(String.init)
        let path = target.path.split(separator: "/").map(String.init)
        var request = HTTPRequest(method, endpoint.url(["v1"] + mount + [part] + path, query: query))
        request.setHeader("X-Vault-Token", token)
        request.setHeader("X-Vault-Request", "true")
        return request
    }

    /// Whether a 404 is about the secret alone: then Vault names no error. A mount that is not there is named.
    private func isMissingSecret(_ response: HTTPResponse) -> Bool {
        response.status == 404 && response.json(VendorError.self)?.errors?.isEmpty ?? false
    }

    private func rejection(_ response: HTTPResponse, _ target: VaultKV.Target) -> PushFailure {
        response.failure(
            about: target.subject, text: response.json(VendorError.self)?.errors?.first ?? "",
            advice: Advice(
                unauthorized: "the token must be allowed to read, create, update and patch this path",
                notFound: "check mount, and that it is a key-value store of version 2",
                conflict: "someone else writes this secret; run keyturn retry",
                invalid: "check endpoint, mount and path"))
    }
}

/// What Vault answers to a read: the fields of the secret that are text. Others are of no interest here.
private struct Document: JSONReadable {
    let texts: [String: SecretBytes]

    init(json: JSONValue) throws(JSONMismatch) {
        guard let fields = json["data"]?["data"], fields.kind == .object else { throw json.wrong("data", "no secret") }
        var texts: [String: SecretBytes] = [:]
        for (name, value) in fields.fields { texts[name] = try? SecretBytes(json: value) }
        self.texts = texts
    }
}

/// What Vault answers to a list.
private struct NameList: JSONReadable {
    let names: [String]

    init(json: JSONValue) throws(JSONMismatch) {
        guard let data = json["data"] else { throw json.wrong("data", "missing") }
        names = try data.value("keys")
    }
}

/// What Vault answers to a write.
private struct Written: JSONReadable {
    let version: Int

    init(json: JSONValue) throws(JSONMismatch) {
        guard let data = json["data"] else { throw json.wrong("data", "missing") }
        version = try data.value("version")
    }
}

private struct VendorError: JSONReadable {
    let errors: [String]?

    init(json fields: JSONValue) throws(JSONMismatch) { errors = try fields.optional("errors") }
}
