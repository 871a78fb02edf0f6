internal import Glibc

/// Which hosts are reached without a proxy: `no_proxy` or `NO_PROXY`, in every form that curl, Go and Python take.
///
/// Entries stand between commas or blanks: a host, which its subdomains follow, with or without a dot or `*.` before it; a
/// host with a port; an address, in brackets or not; a network (`10.0.0.0/8`, `fd00::/8`); `*` for all.
struct ProxyBypass {
    /// What this process's environment says. As with curl, the name in lower case comes first.
    static let environment = ProxyBypass(
        (["no_proxy", "NO_PROXY"] as [String]).compactMap { name in getenv(name).map { String(cString: $0) } }
            .first { !$0.isEmpty } ?? "")

    private let entries: [Entry]

    private struct Entry {
        var host: String
        var port: String?
        /// The first bits of an address, where the entry is a network or an address.
        var network: (bytes: [UInt8], bits: Int)?
    }

    init(_ text: String) {
        entries = text.split { $0 == "," || $0.isWhitespace }.prefix(1_000).compactMap {
            Self.entry(String($0).lowercased())
        }
    }

    /// Whether a URL is to be reached without a proxy.
    func covers(url: String) -> Bool {
        guard !entries.isEmpty, let (host, port) = Self.authority(of: url) else { return false }
        let address = Self.bytes(host)
        return entries.contains { entry in
            if entry.host == "*" { return true }
            if let wanted = entry.port, wanted != port { return false }
            if let network = entry.network { return address.map { Self.isInside($0, network) } ?? false }
            return address == nil && (host == entry.host || host.hasSuffix("." + entry.host))
        }
    }

    private static func entry(_ text: String) -> Entry? {
        if text == "*" { return Entry(host: "*") }
        if let slash = text.firstIndex(of: "/"), let bytes = bytes(plain(text[..<slash])),
            let bits = Int(text[text.index(after: slash)...]), (0...bytes.count * 8).contains(bits)
        {
            return Entry(host: "", network: (bytes, bits))
        }
        if let bytes = bytes(plain(text[...])) { return Entry(host: "", network: (bytes, bytes.count * 8)) }
        var (host, port): (Substring, String?) = (text[...], nil)
        if let colon = text.lastIndex(of: ":"), case let number = text[text.index(after: colon)...],
            UInt16(number) != nil
        {
            (host, port) = (text[..<colon], String(number))
        }
        if let bytes = bytes(plain(host)) { return Entry(host: "", port: port, network: (bytes, bytes.count * 8)) }
        if host.hasPrefix("*.") { host = host.dropFirst(1) }
        while host.hasPrefix(".") { host = host.dropFirst(1) }
        while host.hasSuffix(".") { host = host.dropLast(1) }
        return host.isEmpty ? nil : Entry(host: String(host), port: port)
    }

    private static func plain(_ host: Substring) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
    }

    /// Host and port of an http or https URL.
    private static func authority(of url: String) -> (host: String, port: String)? {
        let url = url.lowercased()
        guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
        var authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        var port = scheme == "https://" ? "443" : "80"
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            port = String(authority[authority.index(after: colon)...])
            authority = authority[..<colon]
        }
        while authority.hasSuffix(".") { authority = authority.dropLast() }
        return authority.isEmpty ? nil : (plain(authority), port)
    }

    /// The bytes of an address; nil where it is a name.
    private static func bytes(_ host: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        return inet_pton(AF_INET6, host, &v6) == 1 ? withUnsafeBytes(of: v6) { Array($0) } : nil
    }

    private static func isInside(_ address: [UInt8], _ network: (bytes: [UInt8], bits: Int)) -> Bool {
        guard address.count == network.bytes.count else { return false }
        return (0..<network.bits).allSatisfy { bit in
            (address[bit / 8] ^ network.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
