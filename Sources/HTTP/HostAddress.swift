internal import Glibc

/// An IPv4 or IPv6 address, and what kind of place it leads to.
struct HostAddress: Hashable, Sendable {
    /// 4 or 16 bytes, in network order.
    let bytes: [UInt8]

    /// Reads what `inet_pton` reads, IPv6 also in brackets; nil: it is a name.
    init?(_ text: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
            return
        }
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, bare, &v6) == 1 else { return nil }
        bytes = withUnsafeBytes(of: v6) { Array($0) }
    }

    /// The address of a socket; nil: of another family.
    init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    private init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    /// 127.0.0.0/8 and ::1, also as IPv6 writes IPv4.
    var isLoopback: Bool {
        if let embedded { return embedded.isLoopback }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// An address that a public name has no business to lead to: this machine, its link, and the metadata services of
    /// clouds, which hand out credentials to whoever asks.
    var isNear: Bool {
        if let embedded, embedded.isNear { return true }
        return Self.nearPrefixes.contains { $0.contains(self) } || Self.isOfThisMachine(self)
    }

    /// The IPv4 address within: mapped (::ffff:0:0/96), compatible (::/96), translated (64:ff9b::/96 and 64:ff9b:1::/48, RFC
    /// 6052 and 8215), 6to4 (2002::/16).
    private var embedded: HostAddress? {
        guard bytes.count == 16 else { return nil }
        let isZero = bytes[0..<10].allSatisfy { $0 == 0 }
        if isZero, bytes[10] == 0xFF, bytes[11] == 0xFF { return HostAddress(bytes[12...]) }
        // :: and ::1 are addresses of IPv6 itself.
        if isZero, bytes[10] == 0, bytes[11] == 0, bytes[12] != 0 { return HostAddress(bytes[12...]) }
        if bytes[0..<4] == [0x00, 0x64, 0xFF, 0x9B] { return HostAddress(bytes[12...]) }
        if bytes[0..<2] == [0x20, 0x02] { return HostAddress(bytes[2..<6]) }
        return nil
    }

    private struct Prefix {
        var bytes: [UInt8]
        var bits: Int

        func contains(_ address: HostAddress) -> Bool {
            guard address.bytes.count == bytes.count else { return false }
            return (0..<bits).allSatisfy { bit in
                (address.bytes[bit / 8] ^ bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
            }
        }

        init(_ address: String, _ bits: Int) {
            guard let parsed = HostAddress(address) else { preconditionFailure("\(address) is not an address") }
            bytes = parsed.bytes
            self.bits = bits
        }
    }

    private static let nearPrefixes = [
        Prefix("0.0.0.0", 8),  // "this host" (RFC 1122)
        Prefix("127.0.0.0", 8),
        Prefix("169.254.0.0", 16),  // the link; metadata of AWS, GCP, Azure, OCI; pod identity of EKS
        Prefix("100.100.100.0", 24),  // metadata of Alibaba Cloud
        Prefix("192.0.0.192", 32),  // metadata of Oracle Cloud's older shapes
        Prefix("168.63.129.16", 32),  // Azure's host
        Prefix("224.0.0.0", 4), Prefix("255.255.255.255", 32),
        Prefix("::", 127),  // :: and ::1
        Prefix("fe80::", 10), Prefix("fec0::", 10), Prefix("ff00::", 8),
        Prefix("fd00:ec2::", 32),  // AWS: metadata (::254), pod identity of EKS (::23), time, DNS
        Prefix("fd20:ce::", 32),  // GCP: metadata (fd20:ce::254)
        Prefix("fd00:c1::", 32),  // OCI: metadata (fd00:c1::a9fe:a9fe)
        Prefix("fd00:42::", 32),  // Scaleway: metadata (fd00:42::42)
    ]

    /// Whether an interface of this machine has the address. Asked again each time: addresses come and go.
    private static func isOfThisMachine(_ address: HostAddress) -> Bool {
        var first: UnsafeMutablePointer<ifaddrs>?
        // What cannot be asked is not known to be safe.
        guard getifaddrs(&first) == 0 else { return true }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next {
            if let socket = entry.pointee.ifa_addr, HostAddress(socket) == address { return true }
            next = entry.pointee.ifa_next
        }
        return false
    }
}
