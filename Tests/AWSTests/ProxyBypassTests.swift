import Testing

@testable import HTTP

@Suite("no_proxy")
struct ProxyBypassTests {
    @Test(
        "covers a host in every form that curl, Go and Python take",
        arguments: [
            ("example.com", "https://example.com/x"), ("example.com", "https://a.example.com"),
            (".example.com", "https://a.example.com"), (".example.com", "https://example.com"),
            ("*.example.com", "https://a.b.example.com:8443/"), ("EXAMPLE.com", "https://example.COM"),
            ("*", "https://anything.example"), ("a, b ,c", "https://b"), ("a b\tc", "https://c/"),
            ("example.com:8443", "https://example.com:8443/"), ("example.com:443", "https://example.com"),
            ("example.com:80", "http://example.com?x"), ("10.0.0.0/8", "https://10.1.2.3"),
            ("10.1.2.3", "https://10.1.2.3:99"), ("10.1.2.3:99", "https://10.1.2.3:99"),
            ("fd00::/8", "https://[fd12::1]:8080/"),
            ("[fd12::1]", "https://[fd12::1]/"), ("fd12::1", "https://[fd12::1]/"),
            ("[fd12::1]:81", "http://[fd12::1]:81"),
            ("0.0.0.0/0", "https://8.8.8.8"), ("example.com.", "https://example.com"),
            ("example.com", "https://example.com./"),
        ])
    func covers(list: String, url: String) { #expect(ProxyBypass(list).covers(url: url)) }

    @Test(
        "leaves every other host to the proxy",
        arguments: [
            ("", "https://example.com"), ("example.com", "https://notexample.com"),
            ("example.com", "https://example.com.evil"),
            ("a.example.com", "https://example.com"), ("example.com:8443", "https://example.com"),
            ("example.com:80", "https://example.com"), ("10.0.0.0/8", "https://11.1.2.3"),
            ("10.0.0.0/8", "https://10.example.com"), ("10.0.0.0/33", "https://10.0.0.1"),
            ("fd00::/8", "https://10.0.0.1"),
            ("2.3", "https://1.2.3.4"), ("0.0.1", "https://10.0.0.1"), (",, ,", "https://example.com"),
            (".", "https://a.b"),
        ])
    func leaves(list: String, url: String) { #expect(!ProxyBypass(list).covers(url: url)) }
}
