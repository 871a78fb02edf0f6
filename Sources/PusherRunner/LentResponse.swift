internal import CKeyturnPusher
internal import Glibc
internal import RunnerProtocol

/// A response in the memory that the plugin reads: one block of text and headers, and the body, wiped at the end.
final class LentResponse: @unchecked Sendable {
    // Unchecked: filled once by the call's thread and read by it only.
    let response: UnsafeMutablePointer<kt_http_response>
    private let text: UnsafeMutablePointer<UInt8>
    private let textLength: Int
    private let body: UnsafeMutablePointer<UInt8>
    private let bodyLength: Int
    private let headers: UnsafeMutablePointer<kt_header>

    init(_ message: WireResponse, body bytes: [UInt8]) {
        let texts = [message.errorText] + message.headers.flatMap { [$0.name, $0.value] }
        textLength = texts.reduce(0) { $0 + $1.utf8.count }
        text = .allocate(capacity: max(textLength, 1))
        bodyLength = bytes.count
        body = .allocate(capacity: max(bodyLength, 1))
        body.initialize(from: bytes, count: bodyLength)
        headers = .allocate(capacity: max(message.headers.count, 1))
        response = .allocate(capacity: 1)

        var position = text
        let views = texts.map { string in
            let utf8 = Array(string.utf8)
            position.initialize(from: utf8, count: utf8.count)
            defer { position += utf8.count }
            return UnsafeRawPointer(position).withMemoryRebound(to: CChar.self, capacity: utf8.count) {
                kt_string(data: $0, length: UInt64(utf8.count))
            }
        }
        for index in message.headers.indices {
            (headers + index).initialize(to: kt_header(name: views[1 + 2 * index], value: views[2 + 2 * index]))
        }
        var answer = kt_http_response()
        answer.size = size(of: kt_http_response.self)
        answer.error = message.error
        answer.status = UInt32(clamping: message.status)
        answer.headers = UnsafePointer(headers)
        answer.header_count = UInt64(message.headers.count)
        answer.body = kt_bytes(data: body, length: UInt64(bodyLength))
        answer.error_text = views[0]
        response.initialize(to: answer)
    }

    func release() {
        explicit_bzero(body, bodyLength)
        text.deallocate()
        body.deallocate()
        headers.deallocate()
        response.deallocate()
    }
}
