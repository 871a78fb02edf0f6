import FlyingFox
import Foundation

/// One request as a service sees it: the path raw, the query decoded, the body complete.
struct Request: Sendable {
    let method: String
    /// The path as it was sent. Services tell `acme%2Fapp` from `acme/app`, so nothing is decoded here.
    let path: String
    let query: [(name: String, value: String)]
    let headers: HTTPHeaders
    let body: Data
    /// The address of the peer, without its port.
    let client: String

    /// The raw path cut at its slashes; a trailing slash gives an empty last segment, which no route matches.
    var segments: [String] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// The media type of the body in lower case, without parameters; empty when the client sent none.
    var contentType: String {
        let whole = header("Content-Type") ?? ""
        return whole.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// Whether there is a body that says it is JSON.
    var isJSON: Bool { contentType == "application/json" || contentType.hasSuffix("+json") }

    /// The base URL by which the client reached this listener; links in replies begin with it.
    var base: String { "http://" + (header("Host") ?? "127.0.0.1") }

    func header(_ name: String) -> String? { headers[HTTPHeader(name)] }

    func queryValue(_ name: String) -> String? { query.last { $0.name == name }?.value }
}

extension Request {
    /// The most bytes of body that a request may carry.
    static let bodyLimit = 1 << 20

    /// Reads the whole body of what the server received; nil when it is over the limit.
    init?(reading received: HTTPRequest) async throws {
        var body = Data()
        let announced = received.bodySequence.count ?? 0
        guard announced <= Self.bodyLimit else { return nil }
        for try await chunk in received.bodySequence {
            body.append(chunk)
            guard body.count <= Self.bodyLimit else { return nil }
        }
        self.init(
            method: received.method.rawValue,
            path: received.target.path(percentEncoded: true),
            query: Form.decode(received.target.query(percentEncoded: true)),
            headers: received.headers,
            body: body,
            client: Self.address(of: received.remoteAddress))
    }

    private static func address(of peer: HTTPRequest.Address?) -> String {
        switch peer {
        case .ip4(let address, port: _), .ip6(let address, port: _): address
        case .unix, nil: "local"
        }
    }
}
