import Glibc
import Threads

/// How the process ends: at once, for it has nothing to keep.
enum Ending {
    static func prepare(untilStdinCloses: Bool) {
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        // A client that goes away while it is written to is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        if untilStdinCloses { endWithParent() }
    }

    /// Ends when the parent closes its end of standard input, or is gone.
    ///
    /// The pipe alone would do, were it certain that no other process holds its end; PR_SET_PDEATHSIG would also
    /// strike when only the thread ends that started this process.
    private static func endWithParent() {
        let parent = getppid()
        NamedThread.start("parent") {
            while getppid() == parent {
                var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                guard poll(&input, 1, 1000) > 0 else { continue }
                var byte: UInt8 = 0
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            _exit(0)
        }
    }
}
