internal import CKeyturnPusher
internal import RunnerProtocol

/// `kt.aws/1`: as `kt.http/1`, but that the host writes and signs the request.
extension Call {
    func send(_ request: UnsafePointer<kt_aws_request>?) -> UnsafeMutablePointer<kt_http_response> {
        guard let wanted = received(request, atLeast: KT_MIN_SIZE_AWS_REQUEST, kt_aws_request()) else {
            return lend(refusal: "a request of fewer than \(KT_MIN_SIZE_AWS_REQUEST) bytes")
        }
        guard id != 0 else { return lend(refusal: "a request while the pusher is opened") }
        guard wanted.operation.length <= KT_MAX_AWS_OPERATION, wanted.region.length <= KT_MAX_AWS_REGION else {
            return lend(refusal: "an operation or a region with a name that is too long")
        }
        guard wanted.body.length <= KT_MAX_AWS_BODY else {
            return lend(refusal: "a body of more than \(KT_MAX_AWS_BODY >> 10) KiB")
        }
        guard let number = nextRequest() else {
            return lend(refusal: "more than \(Self.requestLimit) requests in one call")
        }
        var body = Self.bytes(wanted.body)
        defer { wipe(&body) }
        channel.send(
            .awsRequest, call: id, secrets: [body],
            message: WireAWSRequest(
                number: number, operation: text(wanted.operation), region: text(wanted.region),
                timeLimit: Int64(wanted.timeout_ms)))
        return awaitLent(number)
    }
}
