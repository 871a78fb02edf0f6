import CKeyturnPusher
import CPusherKit

extension Call {
    /// Has the host sign a request, send it to AWS, and waits for the answer, whatever its status. Sends nothing once the call
    /// is cancelled.
    ///
    /// - Parameter subject: what a failure's message begins with: service and place.
    /// - Throws: `PushFailure` when there is no answer.
    public func aws(_ request: AWSRequest, about subject: String) throws(PushFailure) -> HTTPResponse {
        try checkCancellation(subject)
        guard let send = services.sendToAWS else {
            throw PushFailure(.unsupported, "\(subject): the host has no kt.aws/1")
        }
        let texts = [request.operation, request.region].map { SecretBytes($0) }
        let response = withExtendedLifetime((request, texts)) {
            var raw = kt_aws_request()
            raw.size = size(of: kt_aws_request.self)
            raw.timeout_ms = milliseconds(request.timeout)
            raw.operation = texts[0].borrowedString
            raw.region = texts[1].borrowedString
            raw.body = request.body.borrowedBytes
            return send(pointer, &raw)
        }
        return try answer(in: response, isWrite: request.isWrite, subject)
    }
}

extension HTTPResponse {
    /// The code of AWS's error, such as `AccessDeniedException`; nil where the answer is none.
    public var awsErrorCode: String? { header("x-amzn-errortype") }

    /// AWS's own words in an error, with the ID of the request.
    public var awsErrorText: String {
        let said = json(AWSErrorBody.self)?.message ?? plainText
        let code = awsErrorCode.map { said.isEmpty ? $0 : "\($0): \(said)" } ?? said
        return header("x-amzn-requestid").map { "\(code), request \(oneLine($0, limit: 64))" } ?? code
    }
}

private struct AWSErrorBody: JSONReadable {
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) { message = try fields.value("message") }
}
