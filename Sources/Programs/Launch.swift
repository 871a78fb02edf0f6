internal import CLinux
internal import Glibc

/// Starts programs: the only place that does.
public enum Launch {
    /// Why a program was not started: the system's `errno`.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// As in `errno`.
        public var code: Int32
        /// "No such file or directory".
        public var description: String { String(cString: strerror(code)) }
    }

    /// Starts a program in a process group of its own, so that it can be ended with all that it starts, and so that Ctrl-C on a
    /// terminal reaches keyturn alone. Signals have their defaults and none is blocked.
    ///
    /// - Parameters:
    ///   - words: the path of the program, and its arguments.
    ///   - environment: all of its variables, as `NAME=VALUE`.
    ///   - descriptors: what it has as 0, 1, 2 and so on; nil is `/dev/null`. It inherits no other. They stay open here.
    /// - Returns: the number of its process, which is that of its group.
    public static func start(
        _ words: [String], environment: [String], descriptors: [Int32?]
    ) throws(Failure) -> Int32 {
        let count = Int32(descriptors.count)
        // Above all numbers that are given out: dup2 onto itself would keep close-on-exec, and one must not take another's.
        let copies = descriptors.map { $0.map { kt_duplicate($0, count) } }
        let failed = copies.contains { $0 == -1 } ? errno : 0
        defer { copies.forEach { if let copy = $0, copy >= 0 { close(copy) } } }
        guard failed == 0 else { throw Failure(code: failed) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, copy) in copies.enumerated() {
            if let copy {
                posix_spawn_file_actions_adddup2(&actions, copy, Int32(number))
            } else {
                let mode = number == 0 ? O_RDONLY : O_WRONLY
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", mode, 0)
            }
        }
        kt_spawn_close_from(&actions, count)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        let result = withCStrings(words) { arguments in
            withCStrings(environment) { posix_spawn(&process, words[0], &actions, &attributes, arguments, $0) }
        }
        guard result == 0 else { throw Failure(code: result) }
        return process
    }

    /// Lends strings as a NULL-ended vector of C strings.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
