@testable import AWS
import Rotation
import Secrets
import Testing

@Suite("Signatures of requests")
struct RequestSignatureTests {
    private func authorization(
        service: String, path: String, _ fields: [(name: String, value: String)]
    ) -> String {
        let pair = KeyPair(id: AccessKeyID("AKIDEXAMPLE"), secret: .text("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        let signature = RequestSignature(pair: pair, region: "us-east-1", service: service, date: "20150830T123600Z")
        return signature.authorization(path: path, fields: fields, body: .text("Param1=value1"))
    }

    @Test("are those of AWS's test suite (post-x-www-form-urlencoded)")
    func published() {
        let fields = [
            ("X-Amz-Date", "20150830T123600Z"), ("Host", "example.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded"),
        ].map { (name: $0.0, value: $0.1) }
        #expect(
            authorization(service: "service", path: "/", fields)
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=content-type;host;x-amz-date, "
                + "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
    }

    @Test("are botocore's, with a session token, a port and a path")
    func botocore() {
        let fields = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("host", "127.0.0.1:5555"),
            ("x-amz-date", "20150830T123600Z"), ("x-amz-security-token", "T0ken/+="),
        ].map { (name: $0.0, value: $0.1) }
        #expect(
            authorization(service: "iam", path: "/a/b/", fields).hasSuffix(
                "Signature=3dffe5df199d847992dedd4a4f091c1f0dc57956692e0a8d4c1096c1491df53c"))
    }
}
