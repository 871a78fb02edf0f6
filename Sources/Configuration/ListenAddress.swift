internal import Glibc

/// Where `keyturn run` shows itself: `127.0.0.1:9464`, `[::1]:9464`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address.
    public var host: String
    /// 0: the system chooses.
    public var port: UInt16

    /// Reads `ADDRESS:PORT`; nil: it is none. Names are not looked up, but for `localhost`.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host == "localhost" { host = "127.0.0.1" }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        if isBracketed { host = String(host.dropFirst().dropLast()) }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(isBracketed ? AF_INET6 : AF_INET, host, &bytes) == 1 else { return nil }
        self.host = host
        self.port = port
        isLoopback = isBracketed ? bytes == [UInt8](repeating: 0, count: 15) + [1] : bytes[0] == 127
    }

    /// Whether only this machine reaches it.
    public let isLoopback: Bool
    /// As it is written.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// What the form is.
    public static let form = "an address and a port, such as 127.0.0.1:9464 or \"[::1]:9464\""
    /// What another address than this machine's own means.
    public static let warning =
        "without encryption and without a password, everyone who reaches it reads which users, key IDs and targets there are, "
        + "and the state of each"
}
