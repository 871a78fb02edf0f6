public import HTTP

/// Where a pusher's requests may go: the hosts that the operator's lock file grants, and the `endpoint` of the
/// configuration, which is granted by the operator's having written it.
public struct Grant: Hashable, Sendable {
    /// Exact names or addresses, or `*.example.com`.
    public var hosts: [String]
    /// The configured base URL; its host is granted with its port, and nothing else there. nil: none, or none that can be
    /// read, which grants nothing.
    public var endpoint: HTTPURL?

    /// Grants hosts.
    public init(hosts: [String], endpoint: String? = nil) {
        self.hosts = hosts.map { $0.lowercased() }
        self.endpoint = endpoint.flatMap { try? HTTPURL($0) }
    }

    /// Why a request to that URL is not sent; nil: it is.
    public func refusal(of url: HTTPURL) -> String? {
        if Self.isInTheClear(url) { return "plain http to \(url.host), which is not this machine" }
        return allows(url) ? nil : "\(url.host) is not granted to this pusher"
    }

    /// Whether a request to that URL is not sent because its host is not granted, and for no other reason.
    func isUngranted(_ url: HTTPURL) -> Bool { !Self.isInTheClear(url) && !allows(url) }

    private static func isInTheClear(_ url: HTTPURL) -> Bool { url.scheme == .http && !url.isLoopback }

    /// Where requests to that URL may lead: where the operator means a machine that may be this one, or one that only this
    /// one sees, anywhere. Otherwise a name that leads to such an address is a trick.
    public func reach(of url: HTTPURL) -> HTTPRequest.Reach {
        isEndpoint(url) || hosts.contains(url.host) && Self.isWrittenOut(url) ? .configured : .abroad
    }

    private func allows(_ url: HTTPURL) -> Bool {
        isEndpoint(url)
            || hosts.contains { granted in
                granted == url.host
                    || (granted.hasPrefix("*.") && !url.hasAddress && url.host.hasSuffix(granted.dropFirst()))
            }
    }

    private func isEndpoint(_ url: HTTPURL) -> Bool {
        endpoint?.host == url.host && endpoint?.port == url.port && endpoint?.scheme == url.scheme
    }

    /// Addresses, and names of this machine, are granted only where they are written out.
    private static func isWrittenOut(_ url: HTTPURL) -> Bool {
        url.hasAddress || url.isLoopback || url.host.hasSuffix(".localhost")
    }

    /// The host of a URL, as requests name it; nil: it is not an absolute URL.
    public static func host(of url: String) -> String? { (try? HTTPURL(url))?.host }
}
