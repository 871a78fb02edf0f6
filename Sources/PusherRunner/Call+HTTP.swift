internal import CKeyturnPusher
internal import RunnerProtocol

/// `kt.http/1`: a request goes to the host as a message, and its answer is lent to the plugin until the call ends.
extension Call {
    private static let headerLimit: UInt64 = 64
    private static let bodyLimit: UInt64 = 1 << 20

    func send(_ request: UnsafePointer<kt_http_request>?) -> UnsafeMutablePointer<kt_http_response> {
        guard let request, Int(request.pointee.size) >= MemoryLayout<kt_http_request>.size else {
            return lend(refusal: "a request of another layout")
        }
        let wanted = request.pointee
        guard wanted.header_count <= Self.headerLimit else { return lend(refusal: "more than 64 header fields") }
        guard wanted.body.length <= Self.bodyLimit else { return lend(refusal: "a body of more than 1 MiB") }
        guard let number = nextRequest() else {
            return lend(refusal: "more than \(Self.requestLimit) requests in one call")
        }
        guard var headers = Self.lines(wanted) else {
            return lend(refusal: "a header field with a control character, or without a name")
        }
        var body = Array(
            UnsafeBufferPointer(start: wanted.body.data, count: wanted.body.data == nil ? 0 : Int(wanted.body.length)))
        defer {
            wipe(&headers)
            wipe(&body)
        }
        channel.send(
            .httpRequest, call: id, secrets: [headers, body],
            message: WireRequest(
                number: number, method: text(wanted.method, limit: 16), url: text(wanted.url, limit: 8_192),
                timeLimit: Int64(wanted.timeout_ms)))
        guard let reply = awaitReply(number) else {
            return lend(WireResponse(number: number, error: KT_HTTP_CANCELLED, errorText: "the call was cancelled"), [])
        }
        return lend(reply.message, reply.body)
    }

    private func lend(refusal: String) -> UnsafeMutablePointer<kt_http_response> {
        lend(WireResponse(number: 0, error: KT_HTTP_REFUSED, errorText: "the host does not send \(refusal)"), [])
    }

    private func lend(_ message: WireResponse, _ body: [UInt8]) -> UnsafeMutablePointer<kt_http_response> {
        let lent = LentResponse(message, body: body)
        state.change { $0.lent.append(lent) }
        return lent.response
    }

    /// `Name: value` lines. A line break inside would be a second field, so it is refused.
    private static func lines(_ request: kt_http_request) -> [UInt8]? {
        guard request.header_count > 0, let headers = request.headers else { return [] }
        var lines: [UInt8] = []
        for header in UnsafeBufferPointer(start: headers, count: Int(request.header_count)) {
            var (name, value) = (text(header.name, limit: 256), text(header.value, limit: 16_384))
            name = name.filter { $0 != " " }
            guard !name.isEmpty, !name.contains(":"), !(name + value).unicodeScalars.contains(where: { $0.value < 32 })
            else { return nil }
            value.makeContiguousUTF8()
            lines.append(contentsOf: name.utf8)
            lines.append(contentsOf: ": ".utf8)
            lines.append(contentsOf: value.utf8)
            lines.append(0x0A)
        }
        return lines
    }
}
