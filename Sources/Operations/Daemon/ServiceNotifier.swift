internal import Glibc

/// Reports the state of the service to systemd: the protocol of sd_notify(3), one datagram a message. Where no service manager listens, it
/// does nothing.
struct ServiceNotifier: Sendable {
    /// A path, or a name in the abstract namespace behind `@`.
    private let socket: String?
    /// How often systemd wants to hear that keyturn is alive; nil: it does not.
    let watchdog: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    init(environment: [String: String]) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isMine = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        watchdog = isMine ? limit.map { .microseconds($0) / 2 } : nil
    }

    /// It works, and this is what it does.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// It reads its configuration again; ``ready(_:)`` follows.
    func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1_000)")
    }

    /// It ends.
    func stopping() { send("STOPPING=1\nSTATUS=finishing the work in progress") }

    /// It is alive.
    func alive() { send("WATCHDOG=1") }

    private func send(_ message: String) {
        guard let socket, var address = Self.address(socket) else { return }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // No listener is not our problem: systemd would notice by itself.
        withUnsafePointer(to: &address.value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                message.withCString {
                    _ = sendto(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL), name, address.length)
                }
            }
        }
    }

    private static func address(_ name: String) -> (value: sockaddr_un, length: socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        return (address, socklen_t(start + bytes.count + (isAbstract ? 0 : 1)))
    }
}
