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
}
