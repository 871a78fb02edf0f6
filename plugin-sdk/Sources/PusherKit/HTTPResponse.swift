import CKeyturnPusher
import FoundationEssentials

/// One response: a copy of the host's, whose body is wiped when it is let go, for services echo what they are sent.
public struct HTTPResponse: Sendable {
    /// The status, whatever it is.
    public let status: Int
    /// The body's bytes.
    public let body: SecretBytes
    /// Whether the service had taken a write of the same call before this answer: a pair may be half written.
    public let followsWrite: Bool
    /// When it came, by the host's clock.
    let receivedAt: Date
    private let headers: [String: String]

    init(_ response: UnsafePointer<kt_http_response>, followsWrite: Bool, receivedAt: Date) {
        self.followsWrite = followsWrite
        self.receivedAt = receivedAt
        status = Int(read(response, \.status) ?? 0)
        body = SecretBytes(copying: read(response, \.body)?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
        headers = Self.headers(of: response)
    }

    /// A header field's value, the first where there are several.
    ///
    /// - Parameter name: in lower case.
    public func header(_ name: String) -> String? {
        headers[name]
    }

    /// The body as JSON, or nil where it is no JSON or not of that shape.
    public func json<Value: Decodable>(_ type: Value.Type) -> Value? {
        body.withBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
            let memory = UnsafeMutableRawPointer(mutating: base)
            let data = Data(bytesNoCopy: memory, count: bytes.count, deallocator: .none)
            return try? JSONDecoder().decode(type, from: data)
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
        guard let first = read(response, \.headers) ?? nil, let count = read(response, \.header_count) else {
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
