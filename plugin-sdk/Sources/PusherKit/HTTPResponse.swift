import CKeyturnPusher
import CPusherKit

/// One response: a copy of the host's, whose body is wiped when it is let go, for services echo what they are sent.
public struct HTTPResponse: Sendable {
    /// The status, whatever it is.
    public let status: Int
    /// The body's bytes.
    public let body: SecretBytes
    /// Whether the service had taken a write of the same call before this answer: a pair may be half written.
    public let followsWrite: Bool
    /// When it came, by the host's clock.
    let receivedAt: Timestamp
    private let headers: [String: String]

    init(_ response: UnsafePointer<kt_http_response>, followsWrite: Bool, receivedAt: Timestamp) {
        self.followsWrite = followsWrite
        self.receivedAt = receivedAt
        status = Int(kt_http_response_status(response)?.pointee ?? 0)
        body = SecretBytes(
            copying: kt_http_response_body(response)?.pointee.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
        headers = Self.headers(of: response)
    }

    /// A header field's value, the first where there are several.
    ///
    /// - Parameter name: in lower case.
    public func header(_ name: String) -> String? {
        headers[name]
    }

    /// The body as JSON, or nil where it is not JSON or not of that shape. A byte order mark before it is passed over (RFC 8259,
    /// section 8.1): Microsoft's services send one now and then.
    public func json<Value: JSONReadable>(_ type: Value.Type) -> Value? {
        guard let json = try? text.json() else { return nil }
        return try? Value(json: json)
    }

    /// The body behind its byte order mark, if it has one.
    var text: SecretBytes {
        body.withBytes { bytes in
            guard bytes.starts(with: [0xef, 0xbb, 0xbf]) else { return body }
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3)))
        }
    }

    /// The first line's worth of a body that is plain text; empty for HTML pages, which say nothing to an operator.
    public var plainText: String {
        if hasMarkup { return "" }
        return body.withBytes { bytes in
            let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(1_000))
            let text = String(decoding: start, as: UTF8.self) + (start.count < bytes.count ? "…" : "")
            return oneLine(text)
        }
    }

    private static func headers(of response: UnsafePointer<kt_http_response>) -> [String: String] {
        guard let first = kt_http_response_headers(response)?.pointee ?? nil,
            let count = kt_http_response_header_count(response)?.pointee
        else {
            return [:]
        }
        var headers: [String: String] = [:]
        for index in 0..<Int(min(count, 1_000)) {
            guard let name = first[index].name.text, let value = first[index].value.text else { continue }
            if headers[name] == nil { headers[name] = value }
        }
        return headers
    }
}
