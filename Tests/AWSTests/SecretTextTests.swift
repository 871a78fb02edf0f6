import Secrets
import Testing

@testable import AWS

@Suite("A secret in an answer in JSON")
struct SecretTextTests {
    private func take(_ text: String, _ path: String...) throws(SecretText.Failure) -> String {
        try SecretText.take(path, from: .text(text)).withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("is found where its path leads, whatever is next to it")
    func found() throws {
        let text = #"""
            { "Other": ["Value", {"Value": "no"}, 1.5e-3, true, null], "Value": "outer",
              "Parameter": { "Name": "/a", "Value": "tok\"en\\\/\n\u00e9\ud83d\ude00", "Version": 3 } }
            """#
        #expect(try take(text, "Parameter", "Value") == "tok\"en\\/\n\u{e9}\u{1F600}")
        #expect(try take(text, "Value") == "outer")
        #expect(try take(#"{"a":"1","a":"2"}"#, "a") == "1")
        #expect(try take(#"{"\u0061":""}"#, "a") == "")
    }

    @Test(
        "is missing where there is no text at the path",
        arguments: [
            "{}", #"{"a":1}"#, #"{"a":{"b":"c"}}"#, #"{"b":"c"}"#, #"["a"]"#, #""a""#, #"{"a":null}"#,
        ])
    func missing(text: String) { #expect(throws: SecretText.Failure.missing) { try take(text, "a") } }

    @Test(
        "is not taken from what is not JSON, or cut",
        arguments: [
            "", "{", #"{"a":"b""#, #"{"a":"b"} x"#, #"{"a":"b",}"#, #"{"a" "b"}"#, #"{"a":"\x"}"#, #"{"a":"\ud83d"}"#,
            #"{"a":"\u12"}"#, "{\"a\":\"\n\"}", #"{"a":"b","c":tru}"#, #"{"a":"b","c":}"#, "<html>",
        ])
    func malformed(text: String) { #expect(throws: SecretText.Failure.malformed) { try take(text, "a") } }

    @Test("is not sought in depths that AWS's answers do not have")
    func deep() {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        #expect(throws: SecretText.Failure.malformed) { try take(#"{"a":"b","c":\#(deep)}"#, "a") }
    }

    @Test("in base64 is what it stands for")
    func base64() {
        let bytes: [UInt8] = [0, 1, 2, 255]
        #expect(SecretText.decodeBase64(.text("AAEC/w==")) == bytes.withUnsafeBytes { Secret(copying: $0) })
        for text in ["AAEC/w=", "AAEC_w==", "AA EC", "é"] { #expect(SecretText.decodeBase64(.text(text)) == nil) }
    }

    @Test("ARNs of KMS keys name their region, and nothing else is one")
    func keys() {
        let key = KMS.Key(arn: "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/keyturn")
        #expect(key?.region == "us-gov-west-1")
        for text in [
            "alias/keyturn", "arn:aws:kms::123456789012:key/a", "arn:aws:kms:eu-west-1:123456789012:key/",
            "arn:aws:s3:eu-west-1:123456789012:key/a", "arn:aws:kms:eu-west-1:123456789012:key/a b",
        ] { #expect(KMS.Key(arn: text) == nil) }
    }
}
