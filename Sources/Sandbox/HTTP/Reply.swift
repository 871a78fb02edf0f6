import FoundationEssentials
import JSON

/// What a service answers, before it is put on the wire.
struct Reply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = Data()
    /// Close the connection without a single byte of reply.
    var isDropped = false

    /// The connection closes without a reply, as when a server dies or a network parts.
    static let dropped = Reply(status: 0, isDropped: true)

    static func json(_ status: Int, _ value: JSONValue, type: String = "application/json") -> Reply {
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
    /// The last one on its connection.
    var closing: Reply { adding([("Connection", "close")]) }

    /// The reply as it goes out; a reply to HEAD has the fields and no body.
    func bytes(isHead: Bool) -> Data {
        var fields: [(name: String, value: String)] = [("Date", DateField.now)]
        if status != 204 { fields.append(("Content-Length", String(body.count))) }
        for header in headers {
            // The last one of a name is the one that counts.
            fields.removeAll { $0.name.lowercased() == header.name.lowercased() }
            fields.append(header)
        }
        let head = fields.reduce("HTTP/1.1 \(status) \(Self.phrase(status))\r\n") { "\($0)\($1.name): \($1.value)\r\n" }
        return Data((head + "\r\n").utf8) + (isHead || status == 204 ? Data() : body)
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
