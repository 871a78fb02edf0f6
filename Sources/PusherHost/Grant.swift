internal import FoundationEssentials

/// Where a pusher's requests may go: the hosts that the operator's lock file grants, and the `endpoint` of the
/// configuration, which is granted by the operator's having written it.
public struct Grant: Hashable, Sendable {
    /// Exact names, or `*.example.com`.
    public var hosts: [String]
    /// The configured base URL; its host is granted with its port, and nothing else there.
    public var endpoint: String?

    /// Grants hosts.
    public init(hosts: [String], endpoint: String? = nil) {
        self.hosts = hosts
        self.endpoint = endpoint
    }

    /// Why a request to that URL is not sent; nil: it is.
    public func refusal(of url: String) -> String? {
        guard let parts = URL(string: url), let host = parts.host()?.lowercased(), !host.isEmpty else {
            return "the URL has no host"
        }
        guard parts.user() == nil, parts.password() == nil else { return "the URL holds credentials" }
        switch parts.scheme?.lowercased() {
        case "https": break
        case "http": if !Self.isLoopback(host) { return "plain http to \(host), which is not this machine" }
        default: return "the URL is neither https nor http"
        }
        return allows(parts, host) ? nil : "\(host) is not granted to this pusher"
    }

    /// Whether the operator means a machine that may be this one, or one that only this one sees. Otherwise a name that
    /// leads to such an address is somebody's trick.
    public func mayBeLocal(_ url: String) -> Bool {
        guard let parts = URL(string: url), let host = parts.host()?.lowercased() else { return false }
        return isEndpoint(parts, host) || hosts.contains { $0.lowercased() == host && Self.isLocal(host) }
    }

    private func allows(_ url: URL, _ host: String) -> Bool {
        isEndpoint(url, host)
            || hosts.contains { granted in
                let granted = granted.lowercased()
                return granted == host || (granted.hasPrefix("*.") && host.hasSuffix(granted.dropFirst()))
            }
    }

    private func isEndpoint(_ url: URL, _ host: String) -> Bool {
        guard let endpoint = endpoint.flatMap({ URL(string: $0) }) else { return false }
        return endpoint.host()?.lowercased() == host && Self.port(endpoint) == Self.port(url)
    }

    private static func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "http" ? 80 : 443) }

    /// The names of this machine.
    public static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingBrackets
        return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    /// Names and addresses that are granted only where they are written out.
    private static func isLocal(_ host: String) -> Bool {
        isLoopback(host) || host.hasSuffix(".localhost")
            || host.trimmingBrackets.allSatisfy { "0123456789abcdef.:".contains($0) }
    }

    /// The host of a URL, as requests name it; nil: it has none.
    public static func host(of url: String) -> String? { URL(string: url)?.host()?.lowercased() }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
