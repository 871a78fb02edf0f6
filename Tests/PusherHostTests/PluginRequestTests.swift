import HTTP
import RunnerProtocol
import Secrets
import Testing

@testable import PusherHost

@Suite("Requests of plugins")
struct PluginRequestTests {
    private let grant = Grant(hosts: ["api.example.com"])

    private func check(
        _ method: String = "PUT", _ url: String = "https://api.example.com/x", _ fields: [(String, String)] = [],
        body: String = ""
    ) throws -> HTTPRequest {
        var bytes: [UInt8] = []
        for text in fields.flatMap({ [$0.0, $0.1] }) {
            var text = text
            text.withUTF8 { HeaderFields.append(UnsafeRawBufferPointer($0), to: &bytes) }
        }
        return try check(method, url, bytes, body: body)
    }

    private func check(_ method: String, _ url: String, _ fields: [UInt8], body: String = "") throws -> HTTPRequest {
        var (fields, content) = (fields, Array(body.utf8))
        let wanted = WireRequest(number: 1, method: method, url: url, timeLimit: 0)
        return try PluginRequest.checked(wanted, fields: &fields, body: &content, grant)
    }

    private func text(_ secret: Secret?) -> String? { secret?.withBytes { String(decoding: $0, as: UTF8.self) } }

    @Test("go out as they were checked")
    func sound() throws {
        let request = try check(
            "PATCH", "https://API.example.com/a%2Fb?c=d",
            [
                ("Authorization", "token x"), ("X-Empty", ""), ("X-Blank", " \t"),
                ("x-ÿ".first == "x" ? "x-utf8" : "", "Zürich"),
            ],
            body: "{}")
        #expect(request.method == .patch && request.url == "https://API.example.com/a%2Fb?c=d")
        #expect(text(request.headers) == "Authorization: token x\nX-Empty;\nX-Blank;\nx-utf8: Zürich\n")
        #expect(text(request.body) == "{}" && !request.isSentOnce && request.reach == .abroad)
        #expect(try check("POST").isSentOnce)
        #expect(try check("GET").body == nil)
    }

    @Test(
        "frame nothing themselves",
        arguments: [
            "Content-Length", "content-length", "Transfer-Encoding", "Host", "Connection", "Keep-Alive", "TE",
            "Trailer", "Upgrade",
            "Expect", "HTTP2-Settings", "Proxy-Connection", "Proxy-Authorization", "X-HTTP-Method-Override",
            "x-method-override",
        ])
    func framing(name: String) {
        #expect(throws: PluginRequest.Refusal.self) { try check("PUT", "https://api.example.com/", [(name, "0")]) }
    }

    @Test(
        "have tokens for names, and values on one line",
        arguments: [
            ("", "x"), ("a b", "x"), ("a:b", "x"), ("a\r", "x"), (":authority", "x"), ("a\u{0}", "x"), ("ä", "x"),
            ("a", "x\ny: z"),
            ("a", "x\r"), ("a", "\u{0}"), ("a", "\u{7F}"), ("a", "\u{1}"), (String(repeating: "a", count: 257), "x"),
        ])
    func fields(name: String, value: String) {
        #expect(throws: PluginRequest.Refusal.self) { try check("PUT", "https://api.example.com/", [(name, value)]) }
    }

    @Test("say whether a grant is what they lack")
    func ungranted() {
        func refusal(_ url: String) -> PluginRequest.Refusal? {
            do { _ = try check("GET", url) } catch { return error as? PluginRequest.Refusal }
            return nil
        }
        #expect(refusal("https://api.example.com/") == nil)
        #expect(refusal("https://other.example.com/")?.grant == "hosts")
        #expect(refusal("http://other.example.com/")?.grant == nil)
        #expect(refusal("nonsense")?.grant == nil)
    }

    @Test("are bounded in their fields")
    func many() throws {
        let field = ("a", String(repeating: "x", count: 900))
        _ = try check("PUT", "https://api.example.com/", Array(repeating: field, count: 64))
        #expect(throws: PluginRequest.Refusal.self) {
            try check("PUT", "https://api.example.com/", Array(repeating: field, count: 65))
        }
        let long = ("a", String(repeating: "x", count: 2_000))
        #expect(throws: PluginRequest.Refusal.self) {
            try check("PUT", "https://api.example.com/", Array(repeating: long, count: 60))
        }
        for cut in [[1], [5, 0, 0, 0, 0x61], [1, 0, 0, 0, 0x61], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            #expect(throws: PluginRequest.Refusal.self) { try check("PUT", "https://api.example.com/", cut) }
        }
    }

    @Test("are of a method that is sent, and a read has no body", arguments: ["GET", "HEAD"])
    func methods(method: String) {
        #expect(throws: PluginRequest.Refusal.self) { try check(method, "https://api.example.com/", body: "x") }
        for other in ["", "get", "TRACE", "CONNECT", "PUT / HTTP/1.1\r\n", "OPTIONS"] {
            #expect(throws: PluginRequest.Refusal.self) { try check(other) }
        }
    }

    @Test(
        "go to granted hosts only",
        arguments: ["https://evil.example/", "http://api.example.com/", "https://169.254.169.254/", "x"])
    func hosts(url: String) { #expect(throws: PluginRequest.Refusal.self) { try check("PUT", url) } }
}
