internal import CEnclosure
internal import CSeccomp
internal import Glibc

/// Which system calls a pusher's process may make. See seccomp(2); libseccomp makes the filter.
enum SystemCalls {
    private enum Action {
        static let allow: UInt32 = 0x7FFF_0000
        /// SIGSYS: fails with EPERM, and is remembered.
        static let trap: UInt32 = 0x0003_0000
        /// Fails without being remembered.
        static func fail(_ code: Int32) -> UInt32 { 0x0005_0000 | UInt32(code) }
    }

    /// Of `linux/prctl.h` and `linux/sched.h`.
    private enum Constant {
        static let setName: UInt64 = 15
        static let getName: UInt64 = 16
        static let nameMemory: UInt64 = 0x5356_4D41
        static let thread: UInt64 = 0x0001_0000
        static let spawn: UInt64 = 0x0000_4000
    }

    /// Memory, threads, time, signals within the process, and files that are open.
    private static let computing = [
        "read", "readv", "pread64", "preadv", "write", "writev", "close", "close_range", "lseek", "dup", "dup2", "dup3",
        "fcntl",
        "fstat", "newfstatat", "statx", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
        "getcwd", "chdir", "poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait",
        "epoll_pwait",
        "epoll_pwait2", "eventfd2", "pipe2", "pipe", "getdents64",
        "brk", "munmap", "mprotect", "mremap", "madvise", "mincore", "mlock", "mlock2", "munlock", "msync",
        "futex", "futex_waitv", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
        "membarrier",
        "rseq", "set_robust_list", "get_robust_list", "set_tid_address", "arch_prctl", "getcpu",
        "exit", "exit_group", "restart_syscall",
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigpending", "rt_sigsuspend",
        "sigaltstack", "pause", "alarm", "setitimer", "getitimer", "timer_create", "timer_settime", "timer_gettime",
        "timer_delete", "timer_getoverrun", "timerfd_create", "timerfd_settime", "timerfd_gettime",
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times",
        "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getpgrp",
        "getpgid", "getsid", "getpriority", "getrandom", "uname", "sysinfo", "getrusage", "getrlimit", "umask",
    ]

    /// Files, where any may be written: Landlock decides which.
    private static let writing = [
        "ftruncate", "fsync", "fdatasync", "pwrite64", "pwritev", "rename", "renameat", "renameat2", "unlink",
        "unlinkat",
        "fchmod", "flock", "fallocate", "copy_file_range", "sendfile",
    ]

    /// Sockets, where the network was granted. Landlock keeps away from sockets in the file system.
    private static let networking = [
        "socket", "connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "sendto", "sendmsg",
        "sendmmsg",
        "recvfrom", "recvmsg", "recvmmsg", "shutdown",
    ]

    /// What runtimes try, and do without: not worth a word.
    private static let futile: [(name: String, code: Int32)] = [
        // Its flags lie in memory, where no filter sees them; the C library falls back to clone.
        ("clone3", ENOSYS), ("openat2", ENOSYS), ("ioctl", ENOTTY), ("sched_setaffinity", EPERM),
        ("sched_setscheduler", EPERM), ("setpriority", EPERM), ("statfs", EPERM),
        ("fstatfs", EPERM), ("fadvise64", EPERM), ("getxattr", EPERM), ("mbind", EPERM), ("get_mempolicy", EPERM),
    ]

    /// What a program, which a pusher was allowed to start, has no business with either.
    private static let dangerous = [
        "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "move_mount",
        "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "setns", "unshare", "keyctl",
        "add_key",
        "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff",
        "open_by_handle_at", "name_to_handle_at", "pidfd_getfd", "kcmp", "personality", "acct", "quotactl", "syslog",
    ]

    /// Everything that is not needed for computing is refused, and remembered.
    static func allowOnlyComputing(_ grants: ProcessGrants) throws(Enclosure.Failure) {
        let cookie = UInt64.random(in: .min ... .max)
        guard kt_trap_install(cookie) == 0 else { throw failure("SIGSYS", errno) }
        let filter = try Filter(Action.trap)
        for name in computing { try filter.add(Action.allow, name) }
        if !grants.writable.isEmpty || grants.network { for name in writing { try filter.add(Action.allow, name) } }
        if grants.network { for name in networking { try filter.add(Action.allow, name) } }
        for (name, code) in futile { try filter.add(Action.fail(code), name) }
        // Names of threads and of memory, which runtimes set.
        for option in [Constant.setName, Constant.getName, Constant.nameMemory] {
            try filter.add(Action.allow, "prctl", .init(0, SCMP_CMP_EQ, option))
        }
        // Asking for a limit, not setting one.
        try filter.add(Action.allow, "prlimit64", .init(2, SCMP_CMP_EQ, 0))
        // Threads, not processes.
        let thread = Constant.thread
        try filter.add(Action.allow, "clone", .init(0, SCMP_CMP_MASKED_EQ, thread, thread))
        // posix_spawn: it blocks every signal, and a SIGSYS that is blocked would end the process.
        let spawn = Constant.spawn
        try filter.add(Action.fail(EPERM), "clone", .init(0, SCMP_CMP_MASKED_EQ, spawn, spawn))
        // Memory of its own only: what is shared is not counted.
        try filter.add(Action.allow, "mmap", .init(3, SCMP_CMP_MASKED_EQ, 1, 0))
        // Signals to itself: abort() and raise().
        try filter.add(Action.allow, "tgkill", .init(0, SCMP_CMP_EQ, UInt64(getpid())))
        try filter.add(Action.allow, "kill", .init(0, SCMP_CMP_EQ, UInt64(getpid())))
        // Any other open raises SIGSYS, so that it can be told when Landlock refuses it.
        try filter.add(Action.allow, "openat", .init(5, SCMP_CMP_EQ, cookie))
        try filter.load()
    }

    /// The little that can be kept from a program which does its own work.
    static func refuseDangerous() throws(Enclosure.Failure) {
        let filter = try Filter(Action.allow)
        for name in dangerous { try filter.add(Action.fail(EPERM), name) }
        try filter.load()
    }

    static func failure(_ what: String, _ code: Int32) -> Enclosure.Failure {
        Enclosure.Failure(
            description: "the filter of system calls cannot be set up: \(what): \(String(cString: strerror(code)))")
    }
}

/// One filter of libseccomp.
private final class Filter {
    /// A condition on an argument.
    struct Condition {
        var argument: scmp_arg_cmp

        init(_ index: UInt32, _ comparison: scmp_compare, _ first: UInt64, _ second: UInt64 = 0) {
            argument = scmp_arg_cmp(arg: index, op: comparison, datum_a: first, datum_b: second)
        }
    }

    private let context: scmp_filter_ctx

    init(_ action: UInt32) throws(Enclosure.Failure) {
        guard let context = seccomp_init(action) else { throw SystemCalls.failure("seccomp_init", ENOMEM) }
        self.context = context
    }

    deinit { seccomp_release(context) }

    func add(_ action: UInt32, _ name: String, _ condition: Condition? = nil) throws(Enclosure.Failure) {
        let number = seccomp_syscall_resolve_name(name)
        // Not on this architecture, or younger than the library: then it is refused like the rest.
        guard number >= 0 else { return }
        let result =
            if let condition {
                withUnsafePointer(to: condition.argument) { seccomp_rule_add_array(context, action, number, 1, $0) }
            } else { seccomp_rule_add_array(context, action, number, 0, nil) }
        guard result == 0 else { throw SystemCalls.failure(name, -result) }
    }

    func load() throws(Enclosure.Failure) {
        let result = seccomp_load(context)
        guard result == 0 else { throw SystemCalls.failure("seccomp_load", -result) }
    }
}
