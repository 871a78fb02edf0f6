import CKeyturnPusher
import CPusherKit

extension Call {
    /// Has the host send a request, and waits for the answer, whatever its status. Sends nothing once the call is
    /// cancelled, so a plugin need not look between its requests.
    ///
    /// - Parameter subject: what a failure's message begins with: service, variable and place.
    /// - Throws: `PushFailure` when there is no answer.
    public func http(_ request: HTTPRequest, about subject: String) throws(PushFailure) -> HTTPResponse {
        try checkCancellation(subject)
        guard let send = services.send else { throw PushFailure(.unsupported, "\(subject): the host has no kt.http/1") }
        return try answer(in: submit(request, with: send), isWrite: request.method.writes, subject)
    }

    /// The answer in what the host gave.
    func answer(
        in response: UnsafePointer<kt_http_response>?, isWrite: Bool, _ subject: String
    ) throws(PushFailure) -> HTTPResponse {
        guard let response, let error = kt_http_response_error(response)?.pointee else {
            throw PushFailure(.internal, "\(subject): the host gave no response")
        }
        if let failure = transportFailure(error, response, subject) { throw failure }
        let answer = HTTPResponse(response, followsWrite: hasWritten, receivedAt: now)
        if isWrite, (200..<300).contains(answer.status), !answer.isPage { noteWrite() }
        return answer
    }

    func checkCancellation(_ subject: String) throws(PushFailure) {
        guard isCancelled else { return }
        if remaining == .zero {
            throw PushFailure(.timedOut, "\(subject): out of time before this request was sent")
        }
        throw PushFailure(.cancelled, "\(subject): cancelled before this request was sent")
    }

    private func submit(_ request: HTTPRequest, with send: Services.Send) -> UnsafePointer<kt_http_response>? {
        let method = SecretBytes(request.method.rawValue)
        let url = SecretBytes(request.url)
        let headers = request.headers.map {
            kt_header(name: $0.name.borrowedString, value: $0.value.borrowedString)
        }
        return withExtendedLifetime((request, method, url)) {
            headers.withUnsafeBufferPointer { fields in
                var raw = kt_http_request()
                raw.size = size(of: kt_http_request.self)
                raw.timeout_ms = milliseconds(request.timeout)
                raw.method = method.borrowedString
                raw.url = url.borrowedString
                raw.headers = fields.baseAddress
                raw.header_count = UInt64(fields.count)
                raw.body = request.body?.borrowedBytes ?? kt_bytes()
                return send(pointer, &raw)
            }
        }
    }

    func milliseconds(_ timeout: Duration?) -> UInt32 {
        guard let timeout else { return 0 }
        return UInt32(min(max(timeout.components.seconds, 1), Int64(KT_MAX_REQUEST_TIME_MS) / 1_000) * 1_000)
    }

    private func transportFailure(
        _ error: kt_http_error, _ response: UnsafePointer<kt_http_response>, _ subject: String
    ) -> PushFailure? {
        let said = oneLine(kt_http_response_error_text(response)?.pointee.text ?? "")
        let why = said.isEmpty ? "" : " (\(said))"
        switch error {
        case KT_HTTP_OK:
            return nil
        case KT_HTTP_REFUSED:
            return PushFailure(.invalidConfiguration, "\(subject): keyturn does not send this request\(why)")
        case KT_HTTP_UNREACHABLE:
            return PushFailure(.retryable, "\(subject): no connection\(why)")
        case KT_HTTP_LOST:
            return PushFailure(.retryable, "\(subject): connection lost\(why); trying again is harmless")
        case KT_HTTP_TIMED_OUT:
            return PushFailure(.timedOut, "\(subject): no answer in time\(why); trying again is harmless")
        case KT_HTTP_TOO_LARGE:
            return PushFailure(.retryable, "\(subject): the answer is too large\(why); check endpoint")
        case KT_HTTP_CANCELLED:
            return PushFailure(.cancelled, "\(subject): cancelled; the request may have been carried out")
        case KT_HTTP_TLS:
            return PushFailure(.retryable, "\(subject): the server's certificate cannot be trusted\(why)")
        default:
            return PushFailure(.retryable, "\(subject): no answer, transport error \(error)\(why)")
        }
    }
}
