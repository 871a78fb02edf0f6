@testable import HTTP
import Secrets
import Testing

@testable import AWS

@Suite("AWS's answers")
struct AWSReplyTests {
    private func refusal(_ status: Int, _ body: String) -> AWSReply.Refusal? {
        AWSReply.error(in: HTTPResponse(status: status, headers: [], body: .text(body)), "CreateAccessKey")
    }

    private func error(_ code: String) -> String {
        "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>Because.</Message></Error>"
            + "<RequestId>r-1</RequestId></ErrorResponse>"
    }

    @Test(
        "say by their code what is to be distinguished",
        arguments: [
            ("LimitExceeded", 409, AWSError.Code.limitExceeded), ("NoSuchEntity", 404, .noSuchEntity),
            ("InvalidClientTokenId", 403, .unknownKey), ("AccessDenied", 403, .denied),
            ("SignatureDoesNotMatch", 403, .denied), ("ExpiredToken", 403, .denied), ("ServiceFailure", 500, .lost),
            ("Throttling", 400, .unreachable), ("ValidationError", 400, .refused),
        ])
    func codes(code: String, status: Int, expected: AWSError.Code) {
        let refusal = refusal(status, error(code))
        #expect(refusal?.error.code == expected)
        #expect(refusal?.error.description.contains("\(code): Because. (request r-1)") == true)
    }

    @Test("with Errors around Error are understood too")
    func nested() {
        let body =
            "<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>No</Message></Error></Errors></ErrorResponse>"
        #expect(refusal(403, body)?.error.code == .denied)
    }

    @Test("that are a server's fault are repeated for safe calls only, throttled ones always")
    func repeatable() {
        #expect(refusal(503, error("ServiceUnavailable"))?.isRepeatable(.safe) == true)
        #expect(refusal(503, error("ServiceUnavailable"))?.isRepeatable(.never) == false)
        #expect(refusal(400, error("Throttling"))?.isRepeatable(.never) == true)
        #expect(refusal(403, error("AccessDenied"))?.isRepeatable(.safe) == false)
    }

    @Test("of a proxy, without XML, are reported by their status")
    func garbage() {
        #expect(refusal(403, "<html>no")?.error.code == .denied)
        #expect(refusal(502, "")?.error.code == .lost)
    }

    @Test("that are whole but not what was asked for are a lost answer")
    func wrongDocument() {
        let reply = HTTPResponse(status: 200, headers: [], body: .text("<GetUserResponse/>"))
        #expect(throws: AWSError.self) { try AWSReply.document(in: reply, "CreateAccessKey") }
    }
}
