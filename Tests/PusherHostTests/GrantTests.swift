import HTTP
import Testing

@testable import PusherHost

@Suite("Grants")
struct GrantTests {
    private let grant = Grant(hosts: ["api.example.com", "*.ci.example.org", "127.0.0.1"])

    @Test(
        "let requests go to granted hosts",
        arguments: [
            "https://api.example.com/x", "https://API.example.com:8443/", "https://eu.ci.example.org/",
            "http://127.0.0.1:5555/a",
        ])
    func allowed(url: String) throws { #expect(try grant.refusal(of: HTTPURL(url)) == nil) }

    @Test(
        "refuse everything else",
        arguments: [
            "https://example.com/", "https://api.example.com.evil.net/", "https://ci.example.org/",
            "https://evilci.example.org/", "http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd",
            "https://user:pw@api.example.com/", "api.example.com", "", "https://", "https://169.254.169.254/",
            "https://api.example.com@evil.net/", "http://127.0.0.1.evil.net/",
        ])
    func refused(url: String) {
        guard let url = try? HTTPURL(url) else { return }
        #expect(grant.refusal(of: url) != nil)
    }

    @Test("let a configured endpoint be asked at its own port, and nothing else there")
    func endpoint() throws {
        let grant = Grant(hosts: ["api.example.com"], endpoint: "http://127.0.0.1:4000/base")
        #expect(try grant.refusal(of: HTTPURL("http://127.0.0.1:4000/other")) == nil)
        #expect(try grant.refusal(of: HTTPURL("http://127.0.0.1:4001/")) != nil)
        #expect(try grant.refusal(of: HTTPURL("https://127.0.0.1/")) != nil)
        let standard = Grant(hosts: [], endpoint: "https://gitlab.example.com")
        #expect(try standard.refusal(of: HTTPURL("https://gitlab.example.com:443/api")) == nil)
        #expect(try standard.refusal(of: HTTPURL("https://gitlab.example.com:8443/api")) != nil)
    }

    @Test("let a name lead to this machine only where the operator wrote it")
    func local() throws {
        let grant = Grant(
            hosts: ["api.example.com", "*.localhost", "127.0.0.2", "inside.localhost"],
            endpoint: "https://ci.example.org")
        #expect(try grant.reach(of: HTTPURL("https://ci.example.org/x")) == .configured)
        #expect(try grant.reach(of: HTTPURL("http://127.0.0.2/")) == .configured)
        #expect(try grant.reach(of: HTTPURL("https://inside.localhost/")) == .configured)
        #expect(try grant.reach(of: HTTPURL("https://api.example.com/")) == .abroad)
        #expect(try grant.reach(of: HTTPURL("https://trick.localhost/")) == .abroad)
    }
}
