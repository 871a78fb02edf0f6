internal import CLinux
internal import Glibc

/// What the process gives up before it opens the library, whose constructors run the moment it is opened.
enum Confinement {
    /// Bytes of address space: Swift and the sanitizers reserve much and touch little.
    private static let addressSpace: rlim_t = 8 << 30
    private static let processorSeconds: rlim_t = 120
    private static let descriptors: rlim_t = 256

    /// The place for the runner's own enclosure, so that a pusher is tried under the rules that it will live under.
    ///
    /// - Parameter result: the one descriptor that stays beside the standard streams.
    static func enclose(keeping result: Int32) {
        _ = kt_die_with_parent()
        _ = kt_set_not_dumpable()
        kt_close_from(UInt32(result) + 1)
        limit(UInt32(RLIMIT_CORE.rawValue), 0)
        limit(UInt32(RLIMIT_AS.rawValue), addressSpace)
        limit(UInt32(RLIMIT_CPU.rawValue), processorSeconds)
        limit(UInt32(RLIMIT_NOFILE.rawValue), descriptors)
        signal(SIGPIPE, SIG_IGN)
    }

    private static func limit(_ resource: UInt32, _ value: rlim_t) {
        var limit = rlimit(rlim_cur: value, rlim_max: value)
        setrlimit(__rlimit_resource_t(resource), &limit)
    }
}
