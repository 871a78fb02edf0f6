internal import Glibc

/// Addresses that a public name has no business to lead to: this machine, its link, and the metadata services of clouds,
/// which hand out credentials to whoever asks.
enum LocalAddress {
    /// Whether a connection to that address would reach this machine or its link.
    static func isLocal(_ address: UnsafePointer<sockaddr>) -> Bool {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                isLocal(v4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
            }
        case AF_INET6:
            address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                withUnsafeBytes(of: address.pointee.sin6_addr) { isLocal(v6: Array($0)) }
            }
        default: true
        }
    }

    /// The port of an address, for proxies.
    static func port(_ address: UnsafePointer<sockaddr>) -> UInt16 {
        // The port is at the same place for both families.
        address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }

    static func isLocal(v4 address: UInt32) -> Bool {
        let first = address >> 24
        return first == 127 || first == 0 || address >> 16 == 0xA9FE  // 169.254.0.0/16
            || address == 0x6464_64C8  // 100.100.100.200, Alibaba Cloud's metadata
            || address == 0xC000_00C0  // 192.0.0.192, Oracle Cloud's metadata
            || address == 0xA83F_8110  // 168.63.129.16, Azure's host
    }

    static func isLocal(v6 bytes: [UInt8]) -> Bool {
        let mapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let translated = bytes[0..<4] == [0x00, 0x64, 0xFF, 0x9B]
        if mapped || translated { return isLocal(v4: bytes[12...].reduce(0) { $0 << 8 | UInt32($1) }) }
        if bytes[0..<15].allSatisfy({ $0 == 0 }) { return true }  // :: and ::1
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return true }  // fe80::/10
        return bytes == awsMetadata
    }

    /// Whether a URL names this machine or its link by an address, or as localhost.
    static func isNear(url: String) -> Bool {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count > 1, parts[0].hasSuffix(":") else { return false }
        let authority = parts[1].lowercased()
        if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") || authority.hasPrefix("[fd00:ec2::") }
        let host = authority.prefix { $0 != ":" }
        if host == "localhost" { return true }
        var address = in_addr()
        guard inet_pton(AF_INET, String(host), &address) == 1 else { return false }
        let number = UInt32(bigEndian: address.s_addr)
        return number >> 24 == 127 || number >> 16 == 0xA9FE
    }

    /// fd00:ec2::254
    private static let awsMetadata: [UInt8] = [0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]

    /// Ports of the proxies that the environment names: a proxy on this machine is the operator's word.
    static let proxyPorts: Set<UInt16> = {
        let names = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        return Set(
            names.compactMap { getenv($0).map { String(cString: $0) } }.compactMap { proxy in
                let authority = proxy.split(separator: "/", omittingEmptySubsequences: true).first {
                    $0.contains(":") && !$0.hasSuffix(":")
                }
                return authority?.split(separator: ":").last.flatMap { UInt16($0) } ?? 1_080
            })
    }()
}
