import Testing

@testable import HTTP

@Suite("Addresses of this machine, its link and metadata services")
struct LocalAddressTests {
    private func v4(_ text: String) -> UInt32 { text.split(separator: ".").reduce(0) { $0 << 8 | (UInt32($1) ?? 0) } }

    @Test(
        "are known in IPv4",
        arguments: [
            "127.0.0.1", "127.255.3.4", "0.0.0.0", "169.254.169.254", "169.254.170.2", "100.100.100.200",
            "168.63.129.16",
        ])
    func local(address: String) { #expect(LocalAddress.isLocal(v4: v4(address))) }

    @Test(
        "are not other addresses, private ones included",
        arguments: ["10.0.0.1", "192.168.1.1", "140.82.112.3", "128.0.0.1"])
    func other(address: String) { #expect(!LocalAddress.isLocal(v4: v4(address))) }

    @Test("are known in IPv6, also where they hold an IPv4 one")
    func version6() {
        func bytes(_ head: [UInt8], _ tail: [UInt8]) -> [UInt8] {
            head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        }
        for address in [
            bytes([], [1]), bytes([], []), bytes([0xFE, 0x80], [1]), bytes([0xFD, 0, 0x0E, 0xC2], [2, 0x54]),
            bytes([], [0xFF, 0xFF, 127, 0, 0, 1]), bytes([0, 0x64, 0xFF, 0x9B], [169, 254, 169, 254]),
        ] { #expect(LocalAddress.isLocal(v6: address), "\(address)") }
        for address in [
            bytes([0x20, 0x01, 0x0D, 0xB8], [1]), bytes([], [0xFF, 0xFF, 10, 0, 0, 1]), bytes([0xFD, 0], [1]),
        ] {
            #expect(!LocalAddress.isLocal(v6: address), "\(address)")
        }
    }

    @Test(
        "in a URL are never behind a proxy",
        arguments: [
            ("http://127.0.0.1:80/x", true), ("http://localhost", true), ("https://LOCALHOST:1/", true),
            ("http://[::1]:90/x", true), ("http://169.254.169.254/latest/api/token", true),
            ("http://169.254.170.23/v1/credentials", true), ("http://[fd00:ec2::254]/", true),
            ("http://127.example.com/", false), ("http://169.254.example.com/", false), ("http://10.0.0.1/", false),
            ("http://localhost.example.com/", false), ("https://sts.us-east-1.amazonaws.com/", false),
        ])
    func near(url: String, isNear: Bool) { #expect(LocalAddress.isNear(url: url) == isNear) }
}
