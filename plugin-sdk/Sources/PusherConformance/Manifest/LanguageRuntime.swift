internal import Glibc

/// A language's runtime that cannot live in a process without leaving traces which other libraries must not leave. A manifest
/// declares it as `runtime`. It is granted nothing by it: a runner's walls are the same.
enum LanguageRuntime: String, CaseIterable {
    /// Go, built with `-buildmode=c-shared`.
    case go

    /// Signals that it may handle: what a fault in Go's own code raises (SIGBUS, SIGFPE, SIGSEGV), SIGPIPE, and SIGURG, by which
    /// it interrupts its own threads. Handlers that were there before are called for what is not Go's. See os/signal, "Go
    /// programs that use cgo or SWIG".
    var handledSignals: Set<Int> {
        switch self {
        case .go: [7, 8, 11, 13, 23]
        }
    }

    /// Whether it may have the handlers of others called on a stack of its own (SA_ONSTACK), since its threads' are small.
    var movesHandlers: Bool {
        switch self {
        case .go: true
        }
    }

    /// What the descriptors lead to that it keeps until the process ends, by how their names begin: Go's poller has an epoll and an
    /// eventfd, or a pipe where it is older, from the first timer on.
    var keptDescriptors: [String] {
        switch self {
        case .go: ["anon_inode:[eventpoll]", "anon_inode:[eventfd]", "pipe:["]
        }
    }

    /// Threads that it keeps until the process ends: Go never ends its scheduler, its monitor and the collector's workers,
    /// of which there is one for each processor.
    var keptThreads: Int {
        switch self {
        case .go: 4 + 2 * max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        }
    }
}
