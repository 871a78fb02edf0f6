internal import FoundationEssentials
internal import Glibc

/// What a plugin shares with everything else in its process, and has to leave as it is.
struct ProcessState {
    /// What becomes of one signal.
    struct SignalAction: Equatable {
        var handler: [UInt8] = []
        var mask: [UInt8] = []
        var flags: Int32 = 0
    }

    /// Of signal 1 and on.
    let signals: [SignalAction]
    let signalMask: [UInt8]
    let directory: String
    let environment: [String: String]
    let locale: String
    let mask: mode_t
    let descriptors: [String]
    let threads: Int

    init() {
        signals = (1..<65).map { number in
            var action = sigaction()
            guard sigaction(Int32(number), nil, &action) == 0 else { return SignalAction() }
            // Not the whole struct: its padding, and what the kernel leaves out of the mask, are not set.
            return SignalAction(
                handler: withUnsafeBytes(of: &action.__sigaction_handler) { Array($0) },
                mask: withUnsafeBytes(of: &action.sa_mask) { Array($0.prefix(8)) }, flags: action.sa_flags)
        }
        var blocked = sigset_t()
        sigprocmask(SIG_BLOCK, nil, &blocked)
        signalMask = withUnsafeBytes(of: &blocked) { Array($0.prefix(8)) }
        directory = FileManager.default.currentDirectoryPath
        environment = ProcessInfo.processInfo.environment
        locale = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? ""
        mask = umask(0o077)
        umask(mask)
        descriptors = Self.list("/proc/self/fd").compactMap { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")).map {
                "\(number) → \($0)"
            }
        }
        threads = Self.list("/proc/self/task").count
    }

    private static func list(_ directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }

    /// Bytes of memory that the process has.
    static var resident: Int {
        guard let data = try? Data(contentsOf: URL(filePath: "/proc/self/statm")) else { return 0 }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
