internal import CKeyturnPusher
internal import Glibc

/// What a pusher's process may use at most. Time on the wall is the host's to limit.
enum Limits {
    static func set(for grants: ProcessGrants) throws(Enclosure.Failure) {
        try limit(RLIMIT_CORE, 0)
        // A program that is started has needs of its own.
        if grants.programs { return }
        try limit(RLIMIT_NOFILE, rlim_t(KT_MAX_DESCRIPTORS))
        // Writable memory of its own, and room for what is only reserved: Go and malloc reserve generously.
        try limit(RLIMIT_DATA, rlim_t(KT_MAX_MEMORY))
        try limit(RLIMIT_AS, 4 << 30)
        // The main thread's stack is not counted as data, so it has a limit of its own.
        try limit(RLIMIT_STACK, 8 << 20)
        // Timers and queued signals, which take memory of the kernel.
        try limit(__RLIMIT_SIGPENDING, 1_024)
        // Seconds of CPU. A push takes milliseconds, and an idle process is ended by its host.
        try limit(RLIMIT_CPU, 600)
        try limit(RLIMIT_FSIZE, grants.writable.isEmpty ? 0 : 16 << 20)
        // Threads, over all processes of this user; for root it does not count.
        try limit(__RLIMIT_NPROC, 4_096)
    }

    private static func limit(_ resource: __rlimit_resource, _ value: rlim_t) throws(Enclosure.Failure) {
        var current = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &current)
        var limit = rlimit(rlim_cur: min(value, current.rlim_max), rlim_max: min(value, current.rlim_max))
        guard setrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else {
            throw Enclosure.Failure(
                description: "a limit of the process cannot be set: \(String(cString: strerror(errno)))")
        }
    }
}
