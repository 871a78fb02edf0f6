import FoundationEssentials

/// One request as a service sees it: the path raw, the query decoded, the body complete.
struct Request: Sendable {
    let method: String
    /// The path as it was sent. Services distinguish `acme%2Fapp` from `acme/app`, so nothing is decoded here.
    let path: String
    let query: [(name: String, value: String)]
    /// By names in lower case.
    let headers: [String: String]
    let body: Data
    /// The address of the peer, without its port: it is on this machine.
    var client: String { "127.0.0.1" }

    /// The raw path cut at its slashes; a trailing slash gives an empty last segment, which no route matches.
    var segments: [String] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// The media type of the body in lower case, without parameters; empty when the client sent none.
    var contentType: String {
        let whole = header("Content-Type") ?? ""
        return whole.prefix { $0 != ";" }.trimmed.lowercased()
    }

    /// Whether there is a body that says it is JSON.
    var isJSON: Bool { contentType == "application/json" || contentType.hasSuffix("+json") }

    /// The base URL by which the client reached this listener; links in replies begin with it.
    var base: String { "http://" + (header("Host") ?? "127.0.0.1") }

    func header(_ name: String) -> String? { headers[name.lowercased()] }

    func queryValue(_ name: String) -> String? { query.last { $0.name == name }?.value }
}

extension Request {
    /// The most bytes of body that a request may carry.
    static let bodyLimit = 1 << 20

    /// A request that came in whole.
    init(_ head: RequestHead, body: Data) {
        self.init(
            method: head.method, path: head.path, query: Form.decode(head.query), headers: head.fields, body: body)
    }
}
