@testable import HTTP
import JSON
import Secrets
import Testing

@testable import AWS

@Suite("AWS's answers in JSON")
struct JSONReplyTests {
    private func refusal(
        _ status: Int, _ body: String, _ headers: [(name: String, value: String)] = []
    ) -> AWSReply.Refusal? {
        AWSReply.jsonError(in: HTTPResponse(status: status, headers: headers, body: .text(body)), "GetItem")
    }

    private func cancelled(_ codes: String...) -> AWSReply.Refusal? {
        let reasons = codes.map { #"{"Code":"\#($0)"}"# }.joined(separator: ",")
        return refusal(400, #"{"__type":"x#TransactionCanceledException","CancellationReasons":[\#(reasons)]}"#)
    }

    @Test("name their code with and without a namespace, or in a field before a URI")
    func places() {
        let words = #""message":"Because.""#
        for body in [
            #"{"__type":"com.amazonaws.dynamodb.v20120810#Throttled",\#(words)}"#, #"{"__type":"Throttled",\#(words)}"#,
        ] {
            let error = refusal(400, body, [(name: "x-amzn-requestid", value: "r-1")])?.error
            #expect(error?.awsCode == "Throttled" && error?.description == "GetItem: Throttled: Because. (request r-1)")
        }
        let field = [(name: "x-amzn-errortype", value: "NotFoundException:http://internal/")]
        #expect(refusal(404, #"{"Message":"No"}"#, field)?.error.awsCode == "NotFoundException")
        #expect(refusal(200, "{}") == nil)
    }

    @Test(
        "say by their code what passes, what is repeated and what is distinguished",
        arguments: [
            ("ProvisionedThroughputExceededException", 400, true, AWSError.Code.unreachable),
            ("ThrottlingException", 400, true, .unreachable), ("RequestLimitExceeded", 400, true, .unreachable),
            ("TransactionInProgressException", 400, true, .unreachable),
            ("TransactionConflictException", 400, true, .unreachable),
            ("KeyUnavailableException", 500, true, .lost), ("DependencyTimeoutException", 400, true, .lost),
            ("KMSInternalException", 400, true, .lost), ("InternalServiceError", 400, true, .lost),
            ("InvalidCiphertextException", 400, false, .refused), ("DisabledException", 400, false, .refused),
            ("InternalServerError", 500, true, .lost), ("ServiceUnavailable", 503, true, .lost),
            ("ConditionalCheckFailedException", 400, false, .refused), ("ValidationException", 400, false, .refused),
            ("ResourceNotFoundException", 400, false, .refused), ("AccessDeniedException", 400, false, .denied),
            ("UnrecognizedClientException", 400, false, .unknownKey), ("ExpiredTokenException", 400, false, .denied),
            ("MissingAuthenticationTokenException", 400, false, .denied),
        ])
    func codes(code: String, status: Int, isRepeated: Bool, expected: AWSError.Code) {
        let refusal = refusal(status, #"{"__type":"x#\#(code)","message":"Because."}"#)
        #expect(refusal?.error.code == expected)
        #expect(refusal?.isRepeatable(.safe) == isRepeated)
    }

    @Test("of a transaction that was cancelled pass only where nothing but others was in its way")
    func transactions() {
        #expect(cancelled("None", "TransactionConflict")?.isRepeatable(.safe) == true)
        #expect(cancelled("ThrottlingError", "ProvisionedThroughputExceeded")?.isRepeatable(.safe) == true)
        #expect(cancelled("TransactionConflict", "ConditionalCheckFailed")?.isRepeatable(.safe) == false)
        #expect(cancelled("ValidationError")?.isRepeatable(.safe) == false)
        #expect(cancelled()?.isRepeatable(.safe) == false)
    }

    @Test("of something else than AWS are reported by their status")
    func garbage() {
        #expect(refusal(502, "<html>")?.error.code == .lost)
        #expect(refusal(403, "")?.error.code == .denied)
    }

    @Test("come from a host of the region, or of the partition's domain, or from where settings say")
    func endpoints() {
        #expect(Account(region: "eu-west-1").endpoint(of: .dynamoDB, [:]) == "https://dynamodb.eu-west-1.amazonaws.com")
        #expect(
            Account(region: "cn-north-1").endpoint(of: .dynamoDB, [:]) == "https://dynamodb.cn-north-1.amazonaws.com.cn"
        )
        #expect(
            Account(region: "eu-west-1").endpoint(of: .dynamoDB, ["AWS_ENDPOINT_URL_DYNAMODB": "http://here"])
                == "http://here")
        #expect(Account(region: "eu-west-1").signingRegion(of: .dynamoDB) == "eu-west-1")
    }
}

@Suite("Retries")
struct RetryRulesTests {
    @Test("wait up to twice as long each time, and no longer than the longest")
    func waits() {
        for attempt in 1...40 {
            let most = min(Duration.milliseconds(50) * (1 << min(attempt - 1, 16)), .seconds(5))
            for _ in 0..<20 { #expect((.zero...most).contains(RetryRules.dynamoDB.wait(after: attempt))) }
        }
    }
}
