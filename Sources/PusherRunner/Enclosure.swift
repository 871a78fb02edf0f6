internal import CLinux
internal import Glibc

/// What the runner gives up before it opens the library, whose constructors run the moment it is opened.
///
/// The place for Landlock and seccomp, once the operator's grants are known.
enum Enclosure {
    static func enter(parent: Int32) {
        // The host may have died before this was asked for.
        guard kt_die_with_parent() == 0, getppid() == parent else { _exit(70) }
        _ = kt_set_not_dumpable()
        limit(UInt32(RLIMIT_CORE.rawValue), 0)
        limit(UInt32(RLIMIT_NOFILE.rawValue), 64)
        umask(0o077)
        // A write to a socket whose host is gone is an error, not a signal that looks like a crash.
        signal(SIGPIPE, SIG_IGN)
    }

    private static func limit(_ resource: UInt32, _ value: rlim_t) {
        var limit = rlimit(rlim_cur: value, rlim_max: value)
        setrlimit(__rlimit_resource_t(resource), &limit)
    }
}
