internal import Glibc

/// One line of the table: some system calls, which arguments they may have, and what for.
struct SystemCallRule: Sendable {
    /// What must have been granted for the line to be in force.
    enum Grant: Sendable {
        case none, noFilesAndNoSockets, files, writableFiles, sockets, filesOrSockets

        func holds(for grants: ProcessGrants) -> Bool {
            let files = !grants.writable.isEmpty || !grants.readable.isEmpty
            return switch self {
            case .none: true
            case .noFilesAndNoSockets: !files && !grants.network
            case .files: files
            case .writableFiles: !grants.writable.isEmpty
            case .sockets: grants.network
            case .filesOrSockets: files || grants.network
            }
        }
    }

    var names: [String]
    var grant: Grant
    var conditions: [ArgumentCondition]
    /// nil: allowed. Else the call fails with this code, and nothing is remembered.
    var code: Int32?

    static func allow(
        _ names: String..., where conditions: [ArgumentCondition] = [], granted grant: Grant = .none, for reason: String
    ) -> Self { Self(names: names, grant: grant, conditions: conditions, code: nil) }

    static func fail(
        _ code: Int32, _ names: String..., where conditions: [ArgumentCondition] = [], granted grant: Grant = .none,
        for reason: String
    ) -> Self { Self(names: names, grant: grant, conditions: conditions, code: code) }
}

/// Everything that a pusher's process may ask of the kernel, and what for. What is not here fails with EPERM, and the operator
/// reads of it.
///
/// A call that is harmless with some arguments only is here with those. Numbers are of the kernel's `uapi` headers; where they
/// differ between architectures they are of the C library's.
enum SystemCallTable {
    static func rules(process: UInt64, cookie: UInt64) -> [SystemCallRule] {
        memory + threads + signals(process) + time + descriptors + files(cookie) + sockets + itself
    }

    private static let memory: [SystemCallRule] = [
        // Shared memory and MAP_HUGETLB are not counted as the process's data, and MAP_GROWSDOWN counts as stack.
        .allow("mmap", where: [.without(3, 0x1 | 0x100 | 0x40000)], for: "memory of its own"),
        // PROT_GROWSDOWN and PROT_GROWSUP.
        .allow("mprotect", where: [.without(2, 0x0300_0000)], for: "guard pages, relocations, compilers at run time"),
        .allow("munmap", "brk", for: "giving memory back, and malloc"),
        // Moving the main thread's stack would make it larger than its limit. malloc copies instead.
        .fail(ENOMEM, "mremap", for: "realloc tries it"),
        // MADV_HWPOISON and MADV_SOFT_OFFLINE, for root alone, are 100 and 101.
        .allow("madvise", where: [.atMost(2, 25)], for: "malloc and garbage collectors"),
        .allow("mincore", "msync", for: "runtimes that ask which memory is there"),
        .allow("mlock", "mlock2", "munlock", for: "kt.secret/1, and libsodium"),
        .fail(EPERM, "mbind", "get_mempolicy", for: "runtimes look for NUMA nodes"),
    ]

    private static let threads: [SystemCallRule] = [
        // What pthread_create asks for: everything is shared, tables of descriptors too. Beyond that it may say where the
        // thread's ID and its storage are, and CLONE_DETACHED, which means nothing.
        .allow(
            "clone",
            where: [.exactly(0, CloneFlag.thread, optional: CloneFlag.placement)], for: "threads, not processes"),
        // posix_spawn blocks every signal, and a SIGSYS that is blocked would end the process.
        .fail(EPERM, "clone", where: [.exactly(0, CloneFlag.spawn, optional: ~CloneFlag.spawn)], for: "posix_spawn"),
        // Its flags lie in memory, where no filter sees them.
        .fail(ENOSYS, "clone3", for: "the C library falls back to clone"),
        .allow("set_robust_list", "get_robust_list", "rseq", "set_tid_address", for: "the start of a thread"),
        // ARCH_SET_FS and ARCH_GET_FS.
        .allow("arch_prctl", where: [.equals(0, 0x1002)], for: "storage of a thread"),
        .allow("arch_prctl", where: [.equals(0, 0x1003)], for: "storage of a thread"),
        .allow("exit", "exit_group", for: "the end of a thread, and of the process"),
        .allow("futex", "futex_waitv", "membarrier", "restart_syscall", for: "locks and condition variables"),
        .allow(
            "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu", "getpriority",
            for: "runtimes look how many threads are worth while"),
        .fail(EPERM, "sched_setaffinity", "sched_setscheduler", "setpriority", for: "runtimes try, and do without"),
        // PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and of memory.
        .allow("prctl", where: [.equals(0, 15)], for: "names of threads"),
        .allow("prctl", where: [.equals(0, 16)], for: "names of threads"),
        .allow("prctl", where: [.equals(0, 0x5356_4D41)], for: "names of memory"),
    ]

    private static func signals(_ process: UInt64) -> [SystemCallRule] {
        [
            .allow(
                "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigpending", "rt_sigsuspend",
                "sigaltstack", "pause", for: "signals within the process"),
            .allow("tgkill", where: [.equals(0, process)], for: "raise() and abort()"),
            .allow("kill", where: [.equals(0, process)], for: "a signal to itself"),
        ]
    }

    private static let time: [SystemCallRule] = [
        .allow("clock_gettime", "clock_getres", "gettimeofday", "time", "times", for: "what time it is"),
        .allow("clock_nanosleep", "nanosleep", for: "waiting"),
        .allow(
            "alarm", "setitimer", "getitimer", "timer_create", "timer_settime", "timer_gettime", "timer_delete",
            "timer_getoverrun", "timerfd_create", "timerfd_settime", "timerfd_gettime", for: "timers"),
    ]

    private static let descriptors: [SystemCallRule] = [
        .allow(
            "read", "readv", "pread64", "preadv", "write", "writev", "lseek", for: "the socket to the host, and files"),
        .allow("close", "dup", "dup2", "dup3", for: "descriptors that are open"),
        // CLOSE_RANGE_UNSHARE gives the thread a table of its own, with a limit of its own.
        .allow("close_range", where: [.without(2, 0x2)], for: "closing many"),
        // F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL. Not F_SETOWN, F_SETSIG, F_SETLEASE and F_NOTIFY, which send
        // signals to other processes; not F_SETPIPE_SZ.
        .allow("fcntl", where: [.equals(1, 0)], for: "a copy of a descriptor"),
        .allow("fcntl", where: [.equals(1, 1030)], for: "a copy of a descriptor"),
        .allow("fcntl", where: [.equals(1, 1)], for: "close-on-exec"),
        .allow("fcntl", where: [.equals(1, 2)], for: "close-on-exec"),
        .allow("fcntl", where: [.equals(1, 3)], for: "non-blocking"),
        // F_SETFL without O_ASYNC.
        .allow("fcntl", where: [.equals(1, 4), .without(2, 0x2000)], for: "non-blocking"),
        .allow("poll", "ppoll", "select", "pselect6", for: "waiting for descriptors"),
        .allow(
            "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", for: "waiting for descriptors"),
        .allow("eventfd2", "pipe", for: "waking a thread that waits for descriptors"),
        // O_CLOEXEC and O_NONBLOCK. Not O_NOTIFICATION_PIPE.
        .allow("pipe2", where: [.exactly(1, 0, optional: 0x80800)], for: "waking a thread that waits for descriptors"),
        // TCGETS and TIOCGWINSZ: isatty().
        .fail(ENOTTY, "ioctl", where: [.equals(1, 0x5401)], for: "whether a stream is a terminal"),
        .fail(ENOTTY, "ioctl", where: [.equals(1, 0x5413)], for: "how large the terminal is"),
        .allow("fstat", for: "what a descriptor is"),
        .fail(EPERM, "fstatfs", "fadvise64", for: "runtimes ask about files that they have opened"),
    ]

    private static func files(_ cookie: UInt64) -> [SystemCallRule] {
        [
            // Any other open raises SIGSYS, so that it can be reported when Landlock refuses it. O_PATH is no business of
            // Landlock's: it would show which files there are. Nor is O_TRUNC before its version 3, where the file is opened
            // for reading.
            .allow(
                "openat", where: [.equals(5, cookie), .without(2, OpenFlag.path | OpenFlag.truncate)],
                for: "files: Landlock decides which"),
            .allow(
                "openat",
                where: [
                    .equals(5, cookie), .exactly(2, OpenFlag.truncate | OpenFlag.write, optional: OpenFlag.others),
                ], granted: .writableFiles, for: "files that are overwritten: Landlock decides which"),
            .allow(
                "openat",
                where: [
                    .equals(5, cookie), .exactly(2, OpenFlag.truncate | OpenFlag.readWrite, optional: OpenFlag.others),
                ], granted: .writableFiles, for: "files that are overwritten: Landlock decides which"),
            .fail(ENOSYS, "openat2", for: "runtimes fall back to openat"),
            // Landlock does not decide on these. Without files there are none to ask about; newfstatat of a descriptor is
            // carried out by the handler of SIGSYS.
            .allow(
                "newfstatat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
                granted: .filesOrSockets, for: "files: which there are, their sizes and times, of all of the machine"),
            .fail(
                EPERM, "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
                granted: .noFilesAndNoSockets, for: "runtimes look for files of the system"),
            .fail(ENOSYS, "statx", granted: .noFilesAndNoSockets, for: "runtimes fall back to fstat"),
            .allow("getdents64", "chdir", granted: .filesOrSockets, for: "directories"),
            .fail(EPERM, "statfs", "getxattr", for: "runtimes ask about files"),
            .allow(
                "ftruncate", "fsync", "fdatasync", "pwrite64", "pwritev", "rename", "renameat", "renameat2", "unlink",
                "unlinkat", "fchmod", "fchown", "flock", "fallocate", "copy_file_range", granted: .writableFiles,
                for: "writing files: Landlock decides which"),
            // F_GETLK, F_SETLK, F_SETLKW, and the same of open file descriptions.
            .allow("fcntl", where: [.equals(1, 5)], granted: .files, for: "locks of files"),
            .allow("fcntl", where: [.equals(1, 6)], granted: .files, for: "locks of files"),
            .allow("fcntl", where: [.equals(1, 7)], granted: .files, for: "locks of files"),
            .allow("fcntl", where: [.equals(1, 36)], granted: .files, for: "locks of files"),
            .allow("fcntl", where: [.equals(1, 37)], granted: .files, for: "locks of files"),
            .allow("fcntl", where: [.equals(1, 38)], granted: .files, for: "locks of files"),
            .allow("sendfile", granted: .filesOrSockets, for: "copying"),
        ]
    }

    private static let sockets: [SystemCallRule] =
        // AF_INET and AF_INET6 with TCP and UDP, by default or by name. Not AF_UNIX (of Docker and others), AF_NETLINK,
        // AF_PACKET, AF_VSOCK and raw sockets.
        [UInt64(2), 10].flatMap { family in
            [(1, 0), (1, 6), (2, 0), (2, 17)].map { (type: UInt64, protocol: UInt64) in
                SystemCallRule.allow(
                    "socket",
                    where: [.equals(0, family), .exactly(1, type, optional: 0x80800), .equals(2, `protocol`)],
                    granted: .sockets, for: "the network")
            }
        } + [
            .fail(
                EAFNOSUPPORT, "socket", where: [.equals(0, 1)], granted: .sockets, for: "names are looked for in nscd"),
            .fail(
                EAFNOSUPPORT, "socket", where: [.equals(0, 16)], granted: .sockets,
                for: "getaddrinfo looks for addresses"),
            .allow(
                "connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "sendto", "sendmsg",
                "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown", granted: .sockets, for: "the network"),
            // FIONBIO and FIONREAD. Not FIOASYNC, FIOSETOWN and SIOCSPGRP, which send signals.
            .allow("ioctl", where: [.equals(1, 0x5421)], granted: .sockets, for: "non-blocking"),
            .allow("ioctl", where: [.equals(1, 0x541B)], granted: .sockets, for: "how much can be read"),
        ]

    private static let itself: [SystemCallRule] = [
        .allow(
            "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
            "getpgrp",
            "getpgid", "getsid", "getcwd", for: "who and where it is"),
        .allow("getrandom", for: "random numbers"),
        .allow("uname", "sysinfo", "getrusage", "getrlimit", "umask", for: "what runtimes ask at their start"),
        // Of itself, and asking alone.
        .allow("prlimit64", where: [.equals(0, 0), .equals(2, 0)], for: "which limits it has"),
    ]

    /// Of `linux/sched.h`.
    private enum CloneFlag {
        /// VM, FS, FILES, SIGHAND, THREAD, SYSVSEM.
        static let thread: UInt64 = 0x0005_0F00
        /// SETTLS, PARENT_SETTID, CHILD_CLEARTID, DETACHED, CHILD_SETTID.
        static let placement: UInt64 = 0x0178_0000
        /// VFORK.
        static let spawn: UInt64 = 0x0000_4000
    }

    /// Of `open(2)`.
    private enum OpenFlag {
        static let path: UInt64 = 0o10000000
        static let truncate: UInt64 = 0o1000
        static let write: UInt64 = 1
        static let readWrite: UInt64 = 2
        static let others = ~(path | truncate | 3)
    }

    /// What a program, which a pusher was allowed to start, has no business with either.
    static let dangerous = [
        "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "move_mount",
        "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "setns", "unshare", "keyctl",
        "add_key",
        "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff",
        "open_by_handle_at", "name_to_handle_at", "pidfd_getfd", "kcmp", "personality", "acct", "quotactl", "syslog",
    ]
}
