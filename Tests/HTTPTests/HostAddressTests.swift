import Testing

@testable import HTTP

@Suite("Addresses of this machine, its link and metadata services")
struct HostAddressTests {
    @Test(
        "are known, in IPv4 and IPv6 and where one holds the other",
        arguments: [
            "127.0.0.1", "127.255.3.4", "0.0.0.0", "169.254.169.254", "169.254.170.2", "169.254.170.23",
            "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
            "fec0::1", "ff02::1", "fd00:ec2::254", "fd00:ec2::23", "fd00:ec2::253", "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::1", "2002:a9fe:a9fe::",
        ])
    func near(text: String) throws { #expect(try #require(HostAddress(text)).isNear) }

    @Test(
        "are not other addresses, private ones included",
        arguments: [
            "192.168.211.77", "172.31.255.250", "140.82.112.3", "128.0.0.1", "2001:db8::1", "::ffff:192.168.211.77",
            "fd00::1", "2606:50c0:8000::153", "64:ff9b::8c52:7003",
        ])
    func far(text: String) throws { #expect(try #require(HostAddress(text)).isNear == false) }

    @Test("are those of its interfaces, too")
    func interfaces() throws {
        // Each machine has at least the loopback interface; what others it has must be known as well.
        for text in ownAddresses() { #expect(try #require(HostAddress(text)).isNear, "\(text)") }
    }

    @Test(
        "are not names that look like them", arguments: ["127.a.0.1", "face.cafe", "127.0.0.1.", "1.2.3", "0x7f.1", ""])
    func names(text: String) { #expect(HostAddress(text) == nil) }
}
