internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import PlainText
internal import Secrets

/// What AWS answers: a document, or an error in one of the shapes that are in use.
enum AWSReply {
    /// An error and what the retry rules must know of it.
    struct Refusal {
        var error: AWSError
        var isThrottling: Bool
        var isServerFault: Bool
        /// AWS did not take the time of the signature.
        var isSkew = false

        /// A throttled call had no effect. A server's fault may come after the effect.
        func isRepeatable(_ repeatability: Repeatability) -> Bool {
            isThrottling || (isServerFault && repeatability == .safe)
        }
    }

    /// The bytes of a code or a request ID, and of a message, that are shown.
    private static let codeLimit = 128
    private static let messageLimit = 1_000

    /// botocore's list of throttling codes, as far as these services use them, and those of DynamoDB by which a single write or a
    /// transaction gives way to another one.
    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException", "TransactionInProgressException",
        "ProvisionedThroughputExceededException", "TransactionConflictException", "ReplicatedWriteConflictException",
    ]

    /// Faults of KMS, Secrets Manager and the Parameter Store that pass by themselves. The code counts: their pages do not agree on the
    /// status (KMS's and Secrets Manager's common errors).
    private static let faultCodes: Set<String> = [
        "DependencyTimeoutException", "KeyUnavailableException", "KMSInternalException", "InternalServiceError",
        "InternalServerError",
    ]

    /// What a transaction can be cancelled for that passes by itself.
    private static let passingReasons: Set<String> = [
        "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded",
    ]

    static func document(in reply: HTTPResponse, _ action: String) throws(AWSError) -> XMLElement {
        guard let root = reply.body.withBytes({ XMLElement.parse($0) }), root.name == "\(action)Response" else {
            throw AWSError(.lost, "\(action): AWS answered \(reply.status) with something that is not its XML")
        }
        return root
    }

    /// An error as it is in an answer, whatever the protocol.
    private struct Parts {
        var code: String?
        var message: String?
        var request: String?
    }

    /// The error of an answer in XML; nil: it is none.
    ///
    /// - Parameter key: the ID of the key that signed, for those who wonder whose permissions are too few.
    static func error(in reply: HTTPResponse, _ action: String, signedWith key: String = "") -> Refusal? {
        if (200..<300).contains(reply.status) { return nil }
        let root = reply.body.withBytes { XMLElement.parse($0) }
        // AWS nests Error in the response; moto's authentication errors have Errors in between.
        let error = root?.child("Error") ?? root?.child("Errors")?.child("Error")
        let parts = Parts(
            code: error?.text("Code"), message: error?.text("Message"),
            request: root?.text("RequestId") ?? root?.text("RequestID"))
        return refusal(parts, reply.status, action, key)
    }

    /// The error of an answer in JSON; nil: it is none.
    ///
    /// Its code is in `__type`, behind a namespace, or before a URI in the field `x-amzn-ErrorType`.
    static func jsonError(in reply: HTTPResponse, _ action: String, signedWith key: String = "") -> Refusal? {
        if (200..<300).contains(reply.status) { return nil }
        let body = reply.body.withBytes { JSONValue(parsing: $0) }
        func field(_ name: String) -> String? { reply.headers.first { $0.name == name }?.value }
        let type = body?["__type"]?.string ?? field("x-amzn-errortype")
        // A proxy before a service, and moto's authentication, answer in XML whatever the protocol.
        if body == nil, type == nil { return error(in: reply, action, signedWith: key) }
        let code = type?.split(separator: ":").first?.split(separator: "#").last.map(String.init)
        let parts = Parts(
            code: code, message: body?["message"]?.string ?? body?["Message"]?.string,
            request: field("x-amzn-requestid"))
        var refusal = refusal(parts, reply.status, action, key)
        if code == "TransactionCanceledException" { refusal.isThrottling = isPassing(body) }
        return refusal
    }

    /// Whether a transaction met nothing but others that were in progress, or a limit. Nothing of it was done, and its token is not
    /// used up: DynamoDB remembers those of transactions that succeeded.
    private static func isPassing(_ body: JSONValue?) -> Bool {
        let codes = (body?["CancellationReasons"]?.array ?? []).map { $0["Code"]?.string ?? "" }
        return !codes.isEmpty && codes.allSatisfy(passingReasons.contains)
    }

    private static func refusal(_ parts: Parts, _ status: Int, _ action: String, _ key: String) -> Refusal {
        let awsCode = parts.code.map { PlainText.line($0, limit: codeLimit) }
        let words =
            parts.message.map { PlainText.line($0, limit: messageLimit) }
            ?? "status \(status), and no reason that can be read"
        let request = parts.request.map { PlainText.line($0, limit: codeLimit) }
        let sentence =
            "\(action): \(awsCode.map { "\($0): " } ?? "")\(words)" + (request.map { " (request \($0))" } ?? "")
        let isThrottling = awsCode.map { throttlingCodes.contains($0) } ?? (status == 429)
        let isPassingFault = awsCode.map { faultCodes.contains($0) } ?? false
        let code = isPassingFault ? .lost : code(awsCode, status, isThrottling)
        let signer =
            [.denied, .unknownKey].contains(code) && !key.isEmpty ? "; the request was signed with \(key)" : ""
        return Refusal(
            error: AWSError(
                code, sentence + signer + advice(awsCode), awsCode: awsCode,
                cause: .answer(status: status, message: words, request: request)), isThrottling: isThrottling,
            isServerFault: isPassingFault || [500, 502, 503, 504].contains(status),
            isSkew: isSkew(awsCode, words))
    }

    /// The codes that AWS's SDKs take for a clock that is off. The commonest one is used for wrong keys, too.
    private static func isSkew(_ awsCode: String?, _ words: String) -> Bool {
        switch awsCode {
        case "RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired": true
        case "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure":
            words.contains("Signature expired") || words.contains("Signature not yet current")
        default: false
        }
    }

    private static func advice(_ awsCode: String?) -> String {
        guard awsCode == "RegionDisabledException" else { return "" }
        return
            "; activate STS for this region in IAM's account settings, or set `region` in `aws:` to one where it is active"
    }

    private static func code(_ awsCode: String?, _ status: Int, _ isThrottling: Bool) -> AWSError.Code {
        // Throttled calls had no effect, and pass by themselves.
        if isThrottling { return .unreachable }
        switch awsCode {
        case "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException": return .unknownKey
        case "LimitExceeded": return .limitExceeded
        case "NoSuchEntity": return .noSuchEntity
        case "AccessDenied", "AccessDeniedException", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException",
            "MissingAuthenticationToken", "IncompleteSignature", "OptInRequired", "AuthFailure", "RequestExpired",
            "InvalidSignatureException", "MissingAuthenticationTokenException", "IncompleteSignatureException":
            return .denied
        // Nothing about the key or its permissions.
        case "RegionDisabledException", "RequestTimeTooSkewed", "RequestInTheFuture": return .refused
        default: break
        }
        if status == 401 || status == 403 { return .denied }
        return status >= 500 ? .lost : .refused
    }
}
