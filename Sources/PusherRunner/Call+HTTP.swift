internal import CKeyturnPusher
internal import RunnerProtocol

/// `kt.http/1`: a request goes to the host as a message, and its answer is lent to the plugin until the call ends.
extension Call {
    private static let methodLimit: UInt64 = 16

    func send(_ request: UnsafePointer<kt_http_request>?) -> UnsafeMutablePointer<kt_http_response> {
        guard let wanted = received(request, atLeast: KT_MIN_SIZE_HTTP_REQUEST, kt_http_request()) else {
            return lend(refusal: "a request of fewer than \(KT_MIN_SIZE_HTTP_REQUEST) bytes")
        }
        guard id != 0 else { return lend(refusal: "a request while the pusher is opened") }
        guard wanted.header_count <= HeaderFields.countLimit else {
            return lend(refusal: "more than \(HeaderFields.countLimit) header fields")
        }
        guard wanted.method.length <= Self.methodLimit, wanted.url.length <= KT_MAX_URL else {
            return lend(refusal: "a URL of more than \(KT_MAX_URL) bytes, or a method that does not exist")
        }
        guard wanted.body.length <= KT_MAX_REQUEST_BODY else {
            return lend(refusal: "a body of more than \(KT_MAX_REQUEST_BODY >> 20) MiB")
        }
        guard let number = nextRequest() else {
            return lend(refusal: "more than \(Self.requestLimit) requests in one call")
        }
        guard var headers = Self.fields(wanted) else {
            return lend(refusal: "header fields of more than \(HeaderFields.byteLimit >> 10) KiB")
        }
        var body = Self.bytes(wanted.body)
        defer {
            wipe(&headers)
            wipe(&body)
        }
        channel.send(
            .httpRequest, call: id, secrets: [headers, body],
            message: WireRequest(
                number: number, method: text(wanted.method), url: text(wanted.url),
                timeLimit: Int64(wanted.timeout_ms)))
        return awaitLent(number)
    }

    /// The answer to a request that was handed to the host.
    func awaitLent(_ number: Int64) -> UnsafeMutablePointer<kt_http_response> {
        guard let reply = awaitReply(number) else {
            return lend(WireResponse(number: number, error: KT_HTTP_CANCELLED, errorText: "the call was cancelled"), [])
        }
        return lend(reply.message, reply.body)
    }

    /// A copy of what the plugin points to.
    static func bytes(_ bytes: kt_bytes) -> [UInt8] {
        Array(UnsafeBufferPointer(start: bytes.data, count: bytes.data == nil ? 0 : Int(bytes.length)))
    }

    func lend(refusal: String) -> UnsafeMutablePointer<kt_http_response> {
        lend(WireResponse(number: 0, error: KT_HTTP_REFUSED, errorText: "the host does not send \(refusal)"), [])
    }

    private func lend(_ message: WireResponse, _ body: [UInt8]) -> UnsafeMutablePointer<kt_http_response> {
        let lent = LentResponse(message, body: body)
        state.change { $0.lent.append(lent) }
        return lent.response
    }

    /// The fields as the host judges them.
    private static func fields(_ request: kt_http_request) -> [UInt8]? {
        guard request.header_count > 0, let headers = request.headers else { return [] }
        var fields: [UInt8] = []
        for header in UnsafeBufferPointer(start: headers, count: Int(request.header_count)) {
            for text in [header.name, header.value] {
                let length = text.data == nil ? 0 : text.length
                guard length <= UInt64(HeaderFields.byteLimit - fields.count) else {
                    wipe(&fields)
                    return nil
                }
                HeaderFields.append(UnsafeRawBufferPointer(start: text.data, count: Int(length)), to: &fields)
            }
        }
        return fields
    }
}
