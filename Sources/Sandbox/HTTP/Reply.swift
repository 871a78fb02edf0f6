import FlyingFox
import Foundation

/// What a service answers, before it is put on the wire.
struct Reply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = Data()
    /// Close the connection without a single byte of reply.
    var isDropped = false

    /// The connection closes without a reply, as when a server dies or a network parts.
    static let dropped = Reply(status: 0, isDropped: true)

    static func json(_ status: Int, _ value: JSON, type: String = "application/json") -> Reply {
        Reply(status: status, headers: [("Content-Type", type)], body: value.encoded)
    }

    static func text(_ status: Int, _ text: String, type: String = "text/plain") -> Reply {
        Reply(status: status, headers: [("Content-Type", type)], body: Data(text.utf8))
    }

    static func empty(_ status: Int) -> Reply { Reply(status: status) }

    func adding(_ headers: [(name: String, value: String)]) -> Reply {
        var reply = self
        reply.headers += headers
        return reply
    }
}

extension Reply {
    /// The reply as the server sends it; a reply to HEAD has the headers and no body.
    func response(isHead: Bool) -> HTTPResponse {
        guard !isDropped else { return HTTPResponse(webSocket: AbruptEnd()) }
        var fields = HTTPHeaders()
        fields.setValues([DateField.now], for: HTTPHeader("Date"))
        for (name, value) in headers { fields.setValues([value], for: HTTPHeader(name)) }
        return HTTPResponse(
            statusCode: HTTPStatusCode(status, phrase: Self.phrase(status)), headers: fields,
            body: isHead ? Data() : body)
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Status \(status)"
        }
    }
}

/// Fails before a byte is written, and so makes the server close the connection.
///
/// The server writes the head of an ordinary response before it asks for the body; a protocol switch is the
/// one response whose maker may still throw while nothing has been sent.
private struct AbruptEnd: WSHandler {
    struct Dropped: Error {}

    func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
        throw Dropped()
    }
}
