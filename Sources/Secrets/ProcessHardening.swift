internal import Glibc

/// What a process that holds secrets gives up: dumps, and files that others can read.
public enum ProcessHardening {
    /// No core dumps, no reading of this process's memory by others of the same user, private files.
    public static func apply() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none)
        umask(0o077)
    }
}
