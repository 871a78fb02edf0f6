internal import FoundationEssentials

/// What a pusher may reach.
///
/// The hosts of the manifest, until an operator's lock file says which of them; and the host of a configured `endpoint`,
/// which is granted by the operator's having written it.
public struct Grant: Hashable, Sendable {
    /// Exact names, or `*.example.com`.
    public var hosts: [String]

    /// Grants hosts.
    public init(hosts: [String]) { self.hosts = hosts }

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
        return allows(host) ? nil : "\(host) is not granted to this pusher"
    }

    private func allows(_ host: String) -> Bool {
        hosts.contains { granted in
            let granted = granted.lowercased()
            return granted == host || (granted.hasPrefix("*.") && host.hasSuffix(granted.dropFirst()))
        }
    }

    /// The names of this machine.
    public static func isLoopback(_ host: String) -> Bool {
        let host = host.trimmingBrackets
        return host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    /// The host of a URL, as requests name it; nil: it has none.
    public static func host(of url: String) -> String? { URL(string: url)?.host()?.lowercased() }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
