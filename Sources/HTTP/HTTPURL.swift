internal import CCurl
internal import Glibc

/// An absolute http or https URL, parsed by libcurl, which also sends it: what was checked is what goes out.
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// How it is sent.
    public enum Scheme: String, Hashable, Sendable {
        /// In plain.
        case http
        /// Over TLS.
        case https
    }

    /// Why a text is not such a URL.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// A clause for people: "the URL has no host".
        public var description: String
    }

    /// The longest URL, in bytes.
    public static let longest = 8_192

    /// How it is sent.
    public let scheme: Scheme
    /// A name in lower case; an IPv4 address in its dotted form; an IPv6 address in brackets.
    public let host: String
    /// The port, also where the text leaves it out.
    public let port: UInt16
    /// The URL as libcurl understood it.
    public let description: String
    /// The host as an address; nil: it is a name.
    let address: HostAddress?

    /// Reads a URL.
    ///
    /// - Throws: where it is anything but an absolute http or https URL of printable ASCII (RFC 3986), or holds credentials or
    ///   a fragment.
    public init(_ text: String) throws(Malformed) {
        guard text.utf8.count <= Self.longest else {
            throw Malformed(description: "the URL is longer than \(Self.longest) bytes")
        }
        guard text.utf8.allSatisfy(Self.isURLByte) else {
            throw Malformed(description: "the URL has characters that must be escaped")
        }
        guard let (scheme, authority) = Self.split(text) else {
            throw Malformed(description: "the URL is neither https nor http")
        }
        guard !authority.contains("@") else { throw Malformed(description: "the URL holds credentials") }
        // libcurl would take the escapes out; what is checked is what is written.
        guard !authority.contains("%") else { throw Malformed(description: "the URL's host has escapes") }
        guard !authority.isEmpty, !authority.hasPrefix(":") else { throw Malformed(description: "the URL has no host") }
        guard !text.contains("#") else { throw Malformed(description: "the URL has a fragment") }
        guard let parsed = Self.parse(text), parsed.scheme == scheme.rawValue else {
            throw Malformed(description: "the URL cannot be read")
        }
        self.scheme = scheme
        host = parsed.host.lowercased()
        address = HostAddress(host)
        guard address != nil || Self.isName(host) else {
            throw Malformed(description: "the URL's host is neither a name nor an address")
        }
        port = parsed.port
        description = parsed.text
    }

    /// Reads a reference as RFC 3986 has it, such as a redirect's `Location`: absolute, or relative to another URL.
    public init(_ reference: String, relativeTo base: HTTPURL) throws(Malformed) {
        guard reference.utf8.count <= Self.longest, reference.utf8.allSatisfy(Self.isURLByte) else {
            throw Malformed(description: "the URL is too long, or has characters that must be escaped")
        }
        guard let handle = curl_url() else { throw Malformed(description: "the URL cannot be read") }
        defer { curl_url_cleanup(handle) }
        var found: UnsafeMutablePointer<CChar>?
        guard curl_url_set(handle, CURLUPART_URL, base.description, 0) == CURLUE_OK,
            curl_url_set(handle, CURLUPART_URL, reference, 0) == CURLUE_OK,
            curl_url_get(handle, CURLUPART_URL, &found, 0) == CURLUE_OK, let found
        else { throw Malformed(description: "the URL cannot be read") }
        defer { curl_free(found) }
        try self.init(String(cString: found))
    }

    /// Whether plain http may go there: this machine, by its address or as `localhost`.
    public var isLoopback: Bool { host == "localhost" || address?.isLoopback == true }

    /// Whether the host is written as an address.
    public var hasAddress: Bool { address != nil }

    /// Unreserved and reserved characters, `%`, and what is left of printable ASCII but for what RFC 3986 excludes.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func split(_ text: String) -> (scheme: Scheme, authority: Substring)? {
        guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            return nil
        }
        let rest = text[colon...].dropFirst()
        guard rest.hasPrefix("//") else { return nil }
        return (scheme, rest.dropFirst(2).prefix { !"/?#".contains($0) })
    }

    /// A host name as certificates and resolvers have it. A dot at the end would make the same host another one.
    private static func isName(_ host: String) -> Bool {
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // What ends in a number is an address in one of the old forms (URL Standard, "ends in a number").
        if labels.last?.allSatisfy({ (0x30...0x39).contains($0) }) ?? true { return false }
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy {
                        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
                    }
            }
    }

    private struct Parsed {
        var scheme: String
        var host: String
        var port: UInt16
        var text: String
    }

    private static func parse(_ text: String) -> Parsed? {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK else { return nil }
        func part(_ what: CURLUPart, _ flags: Int32 = 0) -> String? {
            var found: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, what, &found, UInt32(flags)) == CURLUE_OK, let found else { return nil }
            defer { curl_free(found) }
            return String(cString: found)
        }
        guard part(CURLUPART_ZONEID) == nil, let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST),
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap({ UInt16($0) }), port > 0,
            let text = part(CURLUPART_URL)
        else { return nil }
        return Parsed(scheme: scheme, host: host, port: port, text: text)
    }
}
