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
        #expect(redactor.redact("a\(Self.text)\(Self.text)b") == "a[redacted]b")
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
        for text in [
            "", "nothing to hide", "wJalr", "wJalr+U", "glpat-", "glpat-a", "☃ and 🔑", "%", "%2", "\\u00", "&#", "&#4",
            "==",
            "https://gitlab.example.com/acme%2Fapp", "d0phbHIrVX",
        ] {
            #expect(redactor.redact(text) == text)
        }
        #expect(Redactor([]).redact(Self.text) == Self.text)
    }

    @Test("takes out any eight characters in a row", arguments: [8, 9, 20, 39])
    func pieces(count: Int) {
        let bytes = Array(Self.text.utf8)
        for start in 0...(bytes.count - count) {
            let piece = String(decoding: bytes[start..<(start + count)], as: UTF8.self)
            #expect(redactor.redact("cut: <\(piece)>") == "cut: <[redacted]>")
        }
    }

    @Test("takes out any eight characters of it in base64, wherever they begin in what is encoded", arguments: 0..<7)
    func base64Pieces(lead: Int) {
        let bytes = Array(Self.text.utf8)
        for start in 0...(bytes.count - 8) {
            let encoded = Data(Array(repeating: 0x7A, count: lead) + bytes[start..<(start + 8)]).base64EncodedString()
            for text in [
                encoded, encoded.replacing("+", with: "-").replacing("/", with: "_"), encoded.filter { $0 != "=" },
                encoded.replacing("+", with: "%2B").replacing("/", with: "%2f"), encoded.replacing("/", with: "\\/"),
                String(encoded.prefix(10)) + "\r\n" + encoded.dropFirst(10),
            ] {
                let redacted = redactor.redact("Basic \(text)")
                #expect(redacted.contains("[redacted]"), "\(text)")
                // Six bits at either end may belong to neighbours.
                #expect(redacted.count <= "Basic [redacted]==".count + lead * 2 + 2, "\(redacted)")
            }
        }
    }

    @Test("takes it out in hexadecimal, of either case, also behind an odd digit")
    func hexadecimal() {
        let lower = Self.text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        for text in [lower, lower.uppercased(), String(lower.dropFirst()), String(lower.dropLast(17)), "0x\(lower)"] {
            let redacted = redactor.redact("value=\(text);")
            #expect(redacted.contains("[redacted]") && redacted.count < 30, "\(redacted)")
        }
    }

    @Test(
        "takes it out however its characters are escaped, and however often",
        arguments: [
            "\\u00%@", "\\x%@", "%%%@", "%%25%@", "%%2525%@", "&#x%@;",
        ])
    func escapes(format: String) {
        for isAll in [false, true] {
            let text = Self.text.utf8.map { byte -> String in
                guard isAll || !(Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
                else {
                    return String(UnicodeScalar(byte))
                }
                let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
                return format.replacing("%%", with: "\u{1}").replacing("%@", with: digits).replacing("\u{1}", with: "%")
            }.joined()
            #expect(redactor.redact("a \(text) b") == "a [redacted] b", "\(text)")
        }
        let decimal = Self.text.utf8.map { "&#\($0);" }.joined()
        #expect(redactor.redact("a \(decimal) b") == "a [redacted] b")
    }

    @Test("a secret URL hides neither that it is one nor other URLs")
    func urls() {
        let redactor = Redactor([.text("https://hooks.example.com/T0/B0/abcdefgh")])
        #expect(redactor.redact("https://gitlab.net/acme") == "https://gitlab.net/acme")
        #expect(redactor.redact("sent to /B0/abcdefgh") == "sent to [redacted]")
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
