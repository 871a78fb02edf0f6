internal import Glibc

extension HTTPRequest {
    /// Where a request may go. It is judged at each connection, by the address that the connection is made to: what a name
    /// resolves to is no one's promise.
    public enum Reach: Hashable, Sendable {
        /// The operator wrote the URL: any address over TLS; in plain, this machine only.
        case configured
        /// The name is a plugin's or a service's word: neither this machine nor its link nor a cloud's metadata service.
        case abroad
        /// A cloud's metadata service at its fixed address, in plain and never through a proxy.
        case metadata
        /// The API of the runtime that this process was started by, at the address that it named: in plain and never through a proxy.
        case runtime
    }
}

extension HTTPRequest.Reach {
    /// Whether no proxy is asked.
    var isDirect: Bool { self == .metadata || self == .runtime }

    /// Why a request to that URL is not sent, before any address is known; nil: it may be.
    func refusal(of url: HTTPURL) -> String? {
        if self == .metadata {
            return url.isLoopback || url.address?.isNear == true
                ? nil : "\(url.host) is not a metadata service's address"
        }
        if self == .runtime { return nil }
        if url.scheme == .http, !url.isLoopback { return "plain http to \(url.host), which is not this machine" }
        if self == .abroad, url.address?.isNear == true { return Self.isNear }
        return nil
    }

    /// Whether a connection to that address may be made; not asked of connections to a proxy.
    func allows(_ address: UnsafePointer<sockaddr>, for scheme: HTTPURL.Scheme) -> Bool {
        // Neither IPv4 nor IPv6: nothing that a URL leads to.
        guard let address = HostAddress(address) else { return false }
        return switch self {
        case .metadata: address.isNear
        case .runtime: true
        case .configured: scheme == .https || address.isLoopback
        case .abroad: !address.isNear && scheme == .https
        }
    }

    static let isNear = "its name leads to an address of this machine, its link or a metadata service"
}
