internal import Glibc

/// The proxy that the environment names for https: `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`, less what
/// `no_proxy` or `NO_PROXY` leave out. Chosen here, so that it is known whether a connection is one to the proxy: its address
/// is the operator's word, and the service's is not looked at.
///
/// Plain http goes to this machine only, so never through a proxy.
enum Proxy {
    /// The proxy's URL; nil: the request goes without one.
    static func url(for url: HTTPURL) -> String? {
        guard url.scheme == .https, !url.isLoopback else { return nil }
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        guard let proxy = names.lazy.compactMap(value).first, !ProxyBypass.environment.covers(url: url.description)
        else { return nil }
        return proxy
    }

    private static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
