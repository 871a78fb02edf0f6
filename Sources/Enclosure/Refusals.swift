internal import CEnclosure
internal import CSeccomp
internal import Glibc

/// What the process asked the kernel for and did not get, for the operator's eyes. It is reported by the process itself, so
/// a hostile library can keep it quiet; it gets nothing all the same.
public struct Refusals: Sendable {
    private var told: UInt32 = 0

    /// Refusals from the beginning.
    public init() {}

    /// What came since the last time: "openat /etc/passwd", "socket".
    public mutating func take() -> [String] {
        var found: [String] = []
        var refusal = kt_refusal()
        while kt_trap_refusal(told, &refusal) != 0 {
            told += 1
            let text = Self.text(refusal)
            guard !Self.futile.contains(where: { text.hasPrefix("openat \($0)") }) else { continue }
            if !found.contains(text) { found.append(text) }
        }
        return found
    }

    /// What runtimes look for and do without, each time that they start: refused, but not worth a word.
    private static let futile = [
        "/proc/self/maps", "/proc/self/cgroup", "/proc/self/mountinfo", "/proc/self/auxv", "/proc/self/task",
        "/proc/stat", "/proc/meminfo", "/proc/cpuinfo",
        "/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage", "/sys/fs/cgroup", "/etc/localtime",
        "/usr/share/zoneinfo", "/usr/lib/locale", "/usr/share/locale", "/etc/ld.so.cache",
    ]

    private static func text(_ refusal: kt_refusal) -> String {
        let name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), refusal.number)
        defer { free(name) }
        let path = withUnsafeBytes(of: refusal.path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let call = name.map { String(cString: $0) } ?? "system call \(refusal.number)"
        return path.isEmpty ? call : "\(call) \(path)"
    }
}
