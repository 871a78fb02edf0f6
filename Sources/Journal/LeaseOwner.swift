internal import FoundationEssentials
internal import Glibc

/// A process, named so that another one on the same machine can see whether it still lives.
public struct LeaseOwner: Hashable, Sendable, CustomStringConvertible {
    /// The machine's boot, the process, and when that process began: a reused process ID is not the same owner.
    var boot: String
    var process: Int32
    var began: String

    /// This process.
    public static let current = LeaseOwner(
        boot: readBoot(), process: getpid(), began: readBeginning(of: getpid()) ?? "")

    /// For people.
    public var description: String { "process \(process)" }

    var text: String { "\(boot) \(process) \(began)" }

    package init(boot: String, process: Int32, began: String) {
        self.boot = boot
        self.process = process
        self.began = began
    }

    init?(text: String) {
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 3, let process = Int32(parts[1]) else { return nil }
        self.init(boot: parts[0], process: process, began: parts[2])
    }

    /// Whether this owner is certainly gone: of this machine and this boot, and no such process there.
    func isGone(asSeenBy observer: LeaseOwner) -> Bool {
        guard boot == observer.boot else { return false }
        if kill(process, 0) != 0, errno == ESRCH { return true }
        if let beginning = Self.readBeginning(of: process) { return beginning != began }
        // A zombie is gone. A process that /proc does not show, as it is under `hidepid` or systemd's `ProtectProc`, is not.
        return FileManager.default.fileExists(atPath: "/proc/\(process)/stat")
    }

    private static func readBoot() -> String {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "unknown"
        // Containers share the boot, not the process IDs: the PID namespace is part of the name.
        var link = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/self/ns/pid", &link, link.count - 1)
        let namespace = link.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
        // Machines that are copies of one that was started once may share both; AWS Lambda gives each a log of its own.
        let log = getenv("AWS_LAMBDA_LOG_STREAM_NAME").map { "/" + String(cString: $0) } ?? ""
        return (boot + "/" + String(decoding: namespace, as: UTF8.self) + log).filter { !$0.isWhitespace }
    }

    /// Field 22 of proc(5)'s stat: the start, in clock ticks after boot. Field 2 may hold blanks and parentheses.
    private static func readBeginning(of process: Int32) -> String? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        // A zombie is dead, though its entry is still there.
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return String(fields[19])
    }
}
