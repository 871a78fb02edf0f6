import Foundation
import Secrets
import Testing

@Suite("Redaction")
struct RedactorTests {
    static let text = "wJalr+Ut/FEMI/K7MDENG+bPxRfi=YEXAMPLEKEY"
    let redactor = Redactor([.text(RedactorTests.text), .text("glpat-abc_def")])

    private func expectGone(_ form: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for (before, after) in [("", ""), ("401: {\"token\":\"", "\"}"), ("é✓", "é✓"), ("x", "y")] {
            let redacted = redactor.redact(before + form + after)
            #expect(!redacted.contains(form), sourceLocation: sourceLocation)
            #expect(!redacted.contains("FEMI"), sourceLocation: sourceLocation)
            #expect(redacted.contains("[redacted]"), sourceLocation: sourceLocation)
            #expect(redacted.hasPrefix(before) && redacted.hasSuffix(after), sourceLocation: sourceLocation)
        }
    }

    @Test("takes the secret out as it is, wherever it stands and however often")
    func raw() {
        expectGone(Self.text)
        #expect(redactor.redact("a\(Self.text)\(Self.text)b") == "a[redacted][redacted]b")
        #expect(redactor.redact("glpat-abc_def and \(Self.text)") == "[redacted] and [redacted]")
    }

    @Test("takes it out in base64, with its padding or without")
    func base64() {
        let base64 = Data(Self.text.utf8).base64EncodedString()
        for form in [base64, String(base64.prefix { $0 != "=" })] {
            let redacted = redactor.redact("auth: \(form)!")
            #expect(!redacted.contains(base64.prefix(20)))
            #expect(redacted.hasPrefix("auth: [redacted]"))
        }
    }

    @Test("takes it out escaped for URLs, whatever the case of the digits")
    func percentEncoded() throws {
        let upper = try #require(Self.text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        expectGone(upper)
        expectGone(upper.replacing("%2F", with: "%2f").replacing("%2B", with: "%2b").replacing("%3D", with: "%3d"))
    }

    @Test("takes it out escaped for JSON")
    func json() { expectGone(Self.text.replacing("/", with: "\\/")) }

    @Test("leaves everything else as it is")
    func others() {
        for text in ["", "nothing to hide", "wJalr", String(Self.text.dropLast()), "glpat-", "☃ and 🔑"] {
            #expect(redactor.redact(text) == text)
        }
        #expect(Redactor([]).redact(Self.text) == Self.text)
    }

    @Test("secrets so short that they are ordinary words blacken nothing")
    func short() {
        #expect(Redactor([.text("main"), .text("")]).redact("the main branch") == "the main branch")
        #expect(Redactor([.text("secret")]).redact("a secret") == "a [redacted]")
    }

    @Test("a secret that overlaps itself or another one is gone as well")
    func overlapping() {
        let overlapping = Redactor([.text("aaaaaaaa"), .text("aaaaaaaabbbb")])
        #expect(!overlapping.redact("xaaaaaaaaaaaax").contains("aaaaaaaa"))
        let redacted = overlapping.redact("aaaaaaaabbbb")
        #expect(!redacted.contains("aaaaaaaa"))
    }
}
