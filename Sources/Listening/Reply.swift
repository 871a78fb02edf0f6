/// What one path is answered with.
public struct Reply: Hashable, Sendable {
    /// 200, 404, …
    public var status: Int
    /// The media type.
    public var contentType: String
    /// The body.
    public var body: [UInt8]

    /// An answer.
    public init(_ status: Int = 200, _ contentType: String, _ text: String) {
        self.init(status, contentType, Array(text.utf8))
    }

    /// An answer.
    public init(_ status: Int = 200, _ contentType: String, _ body: [UInt8]) {
        (self.status, self.contentType, self.body) = (status, contentType, body)
    }

    /// A line for people and programs.
    public static func line(_ status: Int, _ text: String) -> Reply {
        Reply(status, "text/plain; charset=utf-8", text + "\n")
    }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
        421: "Misdirected Request", 431: "Request Header Fields Too Large", 503: "Service Unavailable",
    ]

    /// As it goes over the wire. Nothing is kept by caches, sniffed, framed, or allowed to load or run anything else.
    func bytes(withBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Answer")\r\n"
        head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        head += "Content-Security-Policy: default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
        head += "frame-ancestors 'none'\r\nCross-Origin-Resource-Policy: same-origin\r\n"
        if status == 405 { head += "Allow: GET, HEAD\r\n" }
        return Array((head + "\r\n").utf8) + (withBody ? body : [])
    }
}
