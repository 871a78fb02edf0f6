internal import Enclosure
internal import Glibc
internal import Hardening
internal import PusherConformance

/// Runs one check of one pusher, in this process, and tells on the result descriptor how it went.
///
/// `keyturn-conformance CHECK LIBRARY SEED ITERATION GRANTS ACCEPTED`, with the result descriptor as 3. The last two are lists of
/// words, or empty. A crash of the pusher is a crash of this process: `keyturn plugin test`, which starts it, sees that. With
/// `debug` alone behind the iteration the process is not sandboxed and may be looked at by a debugger, and descriptor 3 is given
/// lines for people.
///
/// `keyturn-conformance` is a link to `keyturn`, which has all that this needs: a program of its own would be 14 MB more.
public enum ConformanceRunner {
    /// The name by which the program is called to be this.
    public static let name = "keyturn-conformance"
    static let result: Int32 = 3

    /// Runs the check that the program's arguments name, and ends the process.
    public static func run() -> Never {
        let arguments = CommandLine.arguments
        let isDebugging = arguments.count == 6 && arguments[5] == "debug"
        if !isDebugging { ProcessHardening.apply() }
        guard arguments.count == 7 || isDebugging,
            let check = ConformanceCheck.all.first(where: { $0.name == arguments[1] }),
            let seed = UInt64(arguments[3]), let iteration = Int(arguments[4])
        else {
            print("keyturn-conformance is started by keyturn plugin test; it is of no use by itself")
            exit(64)
        }
        do throws(SubjectError) {
            let scratch = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            let subject = try Subject(library: arguments[2], seed: seed, iteration: iteration, scratch: scratch)
            if isDebugging { debug(check, subject) }
            try enclose(subject, .init(grants: arguments[5], accepted: arguments[6]))
            var found = check.run(subject) { tell($0) }
            // The kit knows nothing of kernels: what this check is about is known here.
            let refusals = check.name == ConformanceCheck.enclosure ? Confinement.refusals() : []
            if !refusals.isEmpty {
                found = CheckResult(check: check.name, verdict: .fail, findings: found.findings + refusals)
            }
            tell(ProgressLine(result: found))
        } catch {
            if isDebugging {
                tell(Array("\(error.description)\n".utf8))
                _exit(1)
            }
            tell(ProgressLine(result: CheckResult(check: check.name, verdict: .fail, findings: [error.description])))
        }
        // Not exit(): the library's own destructors and atexit functions have nothing to say here.
        _exit(0)
    }

    /// The check for people, and its result as the exit status.
    private static func debug(_ check: ConformanceCheck, _ subject: Subject) -> Never {
        tell(Array("\(check.name): \(check.rule)\n".utf8))
        let found = check.run(subject) { line in
            if let doing = line.doing { tell(Array("doing: \(doing)\n".utf8)) }
        }
        for finding in found.findings { tell(Array("    \(finding)\n".utf8)) }
        tell(Array("\(check.name): \(found.verdict.rawValue)\n".utf8))
        _exit(found.verdict.isFailure ? 1 : 0)
    }

    private static func enclose(_ subject: Subject, _ allowance: Confinement.Allowance) throws(SubjectError) {
        do throws(Enclosure.Failure) { try Confinement.enclose(subject, allowance, keeping: result) } catch {
            throw SubjectError("the process cannot be shut in: \(error.description)")
        }
    }

    private static func tell(_ line: ProgressLine) { tell(line.encoded) }

    private static func tell(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(result, $0.baseAddress! + written, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            // Nobody reads any more, so there is nothing left to do.
            guard count > 0 else { _exit(70) }
            written += count
        }
    }
}
