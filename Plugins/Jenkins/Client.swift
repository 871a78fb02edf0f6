import PusherKit

/// The requests to Jenkins and its plugin Credentials.
struct Client: Sendable {
    /// Jobs that are asked for at once, and how often: a list ends there.
    private static let pageSize = 500
    private static let mostPages = 40

    let endpoint: Endpoint
    /// User and token in base64. A request with an API token needs no crumb.
    private let credential: SecretBytes

    init(endpoint: Endpoint, user: String, token: SecretBytes) {
        self.endpoint = endpoint
        var pair = SecretBuilder()
        pair.append(contentsOf: "\(user):".utf8)
        pair.append(token)
        credential = pair.bytes().base64
    }

    /// Who asks.
    func identity(for target: Target, call: borrowing Call) throws(PushFailure) -> Identity {
        try one(["whoAmI", "api", "json"], [], target, call: call)
    }

    /// The credential, without its secret.
    func read(_ target: Target, call: borrowing Call) throws(PushFailure) -> Credential {
        let response = try call.http(request(.get, path(of: target)), about: target.subject)
        guard response.isYes(200) else { throw Answers(target: target).failure(response) }
        let root: XMLElement
        do throws(XMLMismatch) { root = try XMLReader.read(response.body) } catch {
            throw Answers(target: target).failure(response, why: error.reason)
        }
        return try Credential(root, for: target)
    }

    /// Replaces the credential.
    ///
    /// Jenkins answers 200 also where its store changed nothing, so this confirms nothing.
    func write(_ document: SecretBytes, to target: Target, call: borrowing Call) throws(PushFailure) {
        var request = request(.post, path(of: target))
        request.setBody(document, type: "application/xml; charset=utf-8")
        let response = try call.http(request, about: target.subject)
        guard response.isYes(200) else { throw Answers(target: target).failure(response) }
    }

    /// The domains of a store, by the names in their addresses.
    func domains(of store: Store, for target: Target, call: borrowing Call) throws(PushFailure) -> [String] {
        let found: Domains = try one(store.path + ["api", "json"], [], target, call: call)
        return found.names
    }

    /// The credentials of a domain.
    func credentials(
        of store: Store, domain: String, for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [ListedCredential] {
        let found: Domain = try one(
            store.path + ["domain", domain, "api", "json"],
            [(name: "tree", value: "credentials[id,typeName,displayName]")], target, call: call)
        return found.credentials
    }

    /// The folders in a folder, or in Jenkins itself: what has jobs of its own, whatever its kind.
    func folders(in store: Store, for target: Target, call: borrowing Call) throws(PushFailure) -> [String] {
        var names: [String] = []
        for page in 0..<Self.mostPages {
            let range = "{\(page * Self.pageSize),\((page + 1) * Self.pageSize)}"
            let found: Jobs = try one(
                store.folders.flatMap { ["job", $0] } + ["api", "json"],
                [(name: "tree", value: "jobs[name,jobs[name]{0,1}]\(range)")], target, call: call)
            names += found.folders
            if found.count < Self.pageSize { return names }
        }
        throw PushFailure(.internal, "\(target.subject): the list of jobs does not end")
    }

    private func path(of target: Target) -> [String] {
        target.domainPath + ["credential", target.credential, "config.xml"]
    }

    private func one<Item: JSONReadable>(
        _ path: [String], _ query: [(name: String, value: String)], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Item {
        let response = try call.http(request(.get, path, query), about: target.subject)
        guard response.isYes(200), let item = response.json(Item.self) else {
            throw Answers(target: target).failure(response)
        }
        return item
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: [String], _ query: [(name: String, value: String)] = []
    ) -> HTTPRequest {
        var request = HTTPRequest(method, endpoint.url(path, query: query))
        request.setHeader("Authorization", prefix: "Basic ", credential)
        request.setHeader("User-Agent", "keyturn-jenkins/1.0.0")
        return request
    }
}

/// Who asks.
struct Identity: JSONReadable {
    let name: String
    let isAnonymous: Bool

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("name")
        let isAuthenticated: Bool? = try fields.optional("authenticated")
        isAnonymous = try fields.optional("anonymous") ?? (isAuthenticated == false)
    }
}

/// The domains of a store.
struct Domains: JSONReadable {
    let names: [String]

    init(json fields: JSONValue) throws(JSONMismatch) {
        let domains: JSONValue = try fields.value("domains")
        names = domains.fields.map { $0.name }
    }
}

/// A domain.
struct Domain: JSONReadable {
    let credentials: [ListedCredential]

    init(json fields: JSONValue) throws(JSONMismatch) {
        credentials = try fields.optional("credentials") ?? []
    }
}

/// A credential in a list.
struct ListedCredential: JSONReadable {
    let id: String
    /// Of a credential of AWS it begins with the access key ID.
    let displayName: String
    /// What Jenkins calls its kind, in its language.
    let typeName: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        typeName = try fields.optional("typeName") ?? ""
        displayName = try fields.optional("displayName") ?? ""
    }
}

/// What is in a folder.
struct Jobs: JSONReadable {
    /// All that is there.
    let count: Int
    /// The names of what has jobs of its own.
    let folders: [String]

    init(json fields: JSONValue) throws(JSONMismatch) {
        let jobs: [JSONValue] = try fields.value("jobs")
        count = jobs.count
        var folders: [String] = []
        for job in jobs where job.contains("jobs") { folders.append(try job.value("name")) }
        self.folders = folders
    }
}
