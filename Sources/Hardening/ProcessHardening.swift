internal import CLinux
internal import Glibc

/// What every program of keyturn gives up at its start: dumps, memory that other processes of the same user can read, and
/// standard streams that are someone else's.
public enum ProcessHardening {
    /// No core dumps, no reading of this process's memory by others of the same user, files that are private, and descriptors
    /// 0 to 2 open.
    ///
    /// The first statement of a program, before it reads anything. A process that is not dumpable belongs to root in `/proc`:
    /// `mem`, `environ` and `fd` of it are closed to other processes of its user, and so is ptrace(2). The kernel undoes this
    /// when the process starts another program, so each program does it itself.
    ///
    /// Where the kernel refuses, the program ends with status 1: it would hold secrets that others can read.
    public static func apply() {
        openStandardStreams()
        // The portable archive starts programs by way of its dynamic linker, whose name they would have.
        if let name = CommandLine.arguments.first?.split(separator: "/").last { _ = kt_name_thread(String(name)) }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        // A core_pattern that is a pipe gets a dump whatever the limit says. A process that is not dumpable has none.
        guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none) == 0, kt_set_not_dumpable() == 0
        else {
            give(up: "the kernel does not let it switch memory dumps off")
        }
        umask(0o077)
    }

    /// Opens those of the descriptors 0 to 2 that are closed.
    ///
    /// The next file, socket or eventfd that the process opens would get the number, and what is printed would be written there.
    private static func openStandardStreams() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // In order, so that the lowest free number is this one.
            guard open("/dev/null", O_RDWR) == descriptor else { give(up: "/dev/null cannot be opened") }
        }
    }

    private static func give(up reason: String) -> Never {
        let line = Array("error: the program was not started: \(reason) (\(String(cString: strerror(errno))))\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        exit(1)
    }
}
