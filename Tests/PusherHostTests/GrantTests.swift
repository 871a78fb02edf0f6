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
    func allowed(url: String) { #expect(grant.refusal(of: url) == nil) }

    @Test(
        "refuse everything else",
        arguments: [
            "https://example.com/", "https://api.example.com.evil.net/", "https://ci.example.org/",
            "https://evilci.example.org/", "http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd",
            "https://user:pw@api.example.com/", "api.example.com", "", "https://", "https://169.254.169.254/",
            "https://api.example.com@evil.net/", "http://127.0.0.1.evil.net/",
        ])
    func refused(url: String) { #expect(grant.refusal(of: url) != nil) }

    @Test("let a configured endpoint be asked at its own port, and nothing else there")
    func endpoint() {
        let grant = Grant(hosts: ["api.example.com"], endpoint: "http://127.0.0.1:4000/base")
        #expect(grant.refusal(of: "http://127.0.0.1:4000/other") == nil)
        #expect(grant.refusal(of: "http://127.0.0.1:4001/") != nil)
        #expect(grant.refusal(of: "https://127.0.0.1/") != nil)
        let standard = Grant(hosts: [], endpoint: "https://gitlab.example.com")
        #expect(standard.refusal(of: "https://gitlab.example.com:443/api") == nil)
        #expect(standard.refusal(of: "https://gitlab.example.com:8443/api") != nil)
    }

    @Test("let a name lead to this machine only where the operator wrote it")
    func local() {
        let grant = Grant(
            hosts: ["api.example.com", "*.localhost", "127.0.0.2", "inside.localhost"],
            endpoint: "https://ci.example.org")
        #expect(grant.mayBeLocal("https://ci.example.org/x"))
        #expect(grant.mayBeLocal("http://127.0.0.2/"))
        #expect(grant.mayBeLocal("https://inside.localhost/"))
        #expect(!grant.mayBeLocal("https://api.example.com/"))
        #expect(!grant.mayBeLocal("https://trick.localhost/"))
    }
}
