internal import Glibc

/// A URL that secrets may be sent to: https, or http to this machine.
enum ServiceURL {
    static let rule = "must be a URL that begins with https://, or with http:// for this machine"

    static func isAllowed(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !url.contains("@"), !url.contains("\\") else {
            return false
        }
        if url.hasPrefix("https://") { return url.utf8.count > 8 }
        return url.hasPrefix("http://") && isThisMachine(url.dropFirst(7).prefix { !"/?#".contains($0) })
    }

    /// Judged as an address: a name may begin with `127.` and lead anywhere.
    private static func isThisMachine(_ authority: Substring) -> Bool {
        if authority.hasPrefix("[") { return authority == "[::1]" || authority.hasPrefix("[::1]:") }
        let host = String(authority.prefix { $0 != ":" })
        var address = in_addr()
        return host == "localhost"
            || (inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127)
    }
}
