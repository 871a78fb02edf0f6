internal import Glibc

/// One check in the foreground, in place of this program: for a debugger, a sanitizer, or to read what a crash says.
struct ConformanceDebug {
    let program: String
    let library: String
    let check: String
    let seed: UInt64
    let iteration: Int

    /// Does not return where the program can be started.
    ///
    /// The environment and the standard streams stay as they are. The process is not sandboxed and has no time limit, and what the
    /// check says about itself goes to stdout as lines for people.
    func run() throws -> Never {
        // A copy is not closed on exec; the check may put something else in place of stdout.
        guard dup2(1, 3) == 3 else { throw OperationFailure(.failed, "stdout: \(String(cString: strerror(errno)))") }
        let arguments = [program, check, library, "\(seed)", "\(iteration)", "debug"]
        let copies = arguments.map { strdup($0) }
        execv(program, copies + [nil])
        throw OperationFailure(.failed, "\(program) cannot be started: \(String(cString: strerror(errno)))")
    }
}
