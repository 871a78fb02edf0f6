import Testing

@testable import HTTP

@Suite("URLs")
struct HTTPURLTests {
    @Test(
        "are read as libcurl sends them",
        arguments: [
            ("https://API.example.com/a/b?c=d", "api.example.com", 443),
            ("https://api.example.com:8443", "api.example.com", 8_443),
            ("http://127.0.0.1:5555/x", "127.0.0.1", 5_555), ("http://[::1]:90/", "[::1]", 90),
            ("http://localhost/%2F%2f", "localhost", 80), ("https://a_b.example/x?filter[scope]=*", "a_b.example", 443),
            // Old forms of an address are the address that they mean.
            ("http://0x7f.1/", "127.0.0.1", 80), ("http://2130706433/", "127.0.0.1", 80),
            ("http://127.1/", "127.0.0.1", 80),
        ])
    func read(text: String, host: String, port: Int) throws {
        let url = try HTTPURL(text)
        #expect(url.host == host && Int(url.port) == port)
    }

    @Test(
        "that could be read in two ways are refused",
        arguments: [
            "", "api.example.com", "/path", "https:/example.com/", "https:///example.com", "https://", "https://:443/",
            "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)", "https:example.com",
            "https://user@example.com/", "https://user:pw@example.com/", "https://example.com@evil.example/",
            "https://example.com\\@evil.example/", "https://example.com/ x",
            "https://example.com/\r\nHost: evil.example",
            "https://example.com/\u{0}", "https://exämple.com/", "https://example.com/é", "https://ex%61mple.com/",
            "https://example.com:0/", "https://example.com:65536/", "https://example.com:x/",
            "https://example.com/#part",
            "https://example.com./", "https://-example.com/", "https://example-.com/", "https://exa mple.com/",
            "https://[::1/", "https://[::1%25lo]/", "https://[fe80::1%eth0]/", "https://[v1.x]/", "https://1.2.3.4.5/",
            "https://256.1.1.1/", "http://127.a.0.1/", "https://127.0.0.1./", "https://example.com/{x}",
            "https://example..com/",
        ])
    func refused(text: String) { #expect(throws: HTTPURL.Malformed.self) { try HTTPURL(text) } }

    @Test("of this machine are known by their address, not by how they look")
    func loopback() throws {
        for text in [
            "http://127.0.0.1/", "http://127.9.8.7:1/", "http://[::1]/", "http://LOCALHOST/", "http://0x7f.1/",
        ] {
            #expect(try HTTPURL(text).isLoopback, "\(text)")
        }
        for text in [
            "http://127.a.b.example/", "http://127.0.0.1.example.com/", "http://localhost.example.com/",
            "http://10.0.0.1/",
            "http://[::2]/",
        ] { #expect(try HTTPURL(text).isLoopback == false, "\(text)") }
    }

    @Test(
        "that are relative lead where RFC 3986 says, and are held to the same rules",
        arguments: [
            ("c.tar", "https://example.com/a/c.tar"), ("/c.tar", "https://example.com/c.tar"),
            ("../c.tar?d", "https://example.com/c.tar?d"), ("//other.example/c", "https://other.example/c"),
            ("http://127.0.0.1:1/c", "http://127.0.0.1:1/c"), ("file:///etc/passwd", nil),
            ("//user@other.example/", nil),
            ("c.tar#d", nil), ("a b", nil), ("gopher://x/", nil),
        ])
    func relative(_ reference: String, _ url: String?) throws {
        let base = try HTTPURL("https://example.com/a/b.json")
        #expect((try? HTTPURL(reference, relativeTo: base))?.description == url)
    }

    @Test("longer than the bound are refused")
    func long() {
        let text = "https://example.com/" + String(repeating: "a", count: HTTPURL.longest)
        #expect(throws: HTTPURL.Malformed.self) { try HTTPURL(text) }
    }

    @Test("lead where their reach lets them")
    func reach() throws {
        func refusal(_ reach: HTTPRequest.Reach, _ text: String) throws -> String? {
            reach.refusal(of: try HTTPURL(text))
        }
        #expect(try refusal(.configured, "https://10.0.0.1/") == nil)
        #expect(try refusal(.configured, "http://127.0.0.1:1/") == nil)
        #expect(try refusal(.configured, "http://iam.example.com/") != nil)
        #expect(try refusal(.configured, "http://127.a.example/") != nil)
        #expect(try refusal(.abroad, "https://api.example.com/") == nil)
        #expect(try refusal(.abroad, "https://169.254.169.254/") != nil)
        #expect(try refusal(.abroad, "https://127.0.0.1/") != nil)
        #expect(try refusal(.metadata, "http://169.254.169.254/latest") == nil)
        #expect(try refusal(.metadata, "http://[fd00:ec2::254]/latest") == nil)
        #expect(try refusal(.metadata, "http://metadata.example/latest") != nil)
    }
}
