import PusherKit

extension Endpoint {
    /// GitHub's own service.
    static let gitHub = "https://api.github.com"

    /// What is wrong with it as the base URL of GitHub's API, where the URL alone shows it.
    ///
    /// GitHub Enterprise Server has its API at `https://HOST/api/v3`, a subdomain of ghe.com at
    /// `https://api.SUBDOMAIN.ghe.com`.
    var complaint: String? {
        let url = description.lowercased()
        guard url.hasPrefix("https://") else { return nil }
        let parts = url.dropFirst("https://".count).split(separator: "/", omittingEmptySubsequences: false)
        guard let host = parts.first.map(String.init) else { return nil }
        if host == "github.com" || host == "www.github.com" {
            return "endpoint \(description) is GitHub's web site: leave it out, and \(Self.gitHub) is asked"
        }
        if host.hasSuffix(".ghe.com") {
            guard !host.hasPrefix("api.") else { return nil }
            return "endpoint \(description) is a web site: its API is at https://api.\(host)"
        }
        guard parts.count == 1, !host.hasPrefix("api."), !isThisMachine(host) else { return nil }
        return "endpoint \(description) is a web site: GitHub Enterprise Server has its API at \(description)/api/v3"
    }

    /// A stand-in for trying things.
    private func isThisMachine(_ host: String) -> Bool {
        host.hasPrefix("127.") || host.hasPrefix("localhost") || host.hasPrefix("[::1]")
    }
}
