internal import Enclosure
internal import Glibc
internal import Hardening
internal import PusherConformance

/// Runs one check of one pusher, in this process, and tells on the result descriptor how it went.
///
/// `keyturn-conformance CHECK LIBRARY SEED ITERATION GRANTS ACCEPTED`, with the result descriptor as 3. The last two are lists of
/// words, or empty. A crash of the pusher is a crash of this process: `keyturn plugin test`, which starts it, sees that.
@main
enum ConformanceRunner {
    static let result: Int32 = 3

    static func main() {
        ProcessHardening.apply()
        let arguments = CommandLine.arguments
        guard arguments.count == 7, let check = ConformanceCheck.all.first(where: { $0.name == arguments[1] }),
            let seed = UInt64(arguments[3]), let iteration = Int(arguments[4])
        else {
            print("keyturn-conformance is started by keyturn plugin test; it is of no use by itself")
            exit(64)
        }
        do throws(SubjectError) {
            let subject = try Subject(library: arguments[2], seed: seed, iteration: iteration)
            try enclose(subject, .init(grants: arguments[5], accepted: arguments[6]))
            var found = check.run(subject) { tell(ProgressLine(doing: $0)) }
            // The kit knows nothing of kernels: what this check is about is known here.
            let refusals = check.name == ConformanceCheck.enclosure ? Confinement.refusals() : []
            if !refusals.isEmpty {
                found = CheckResult(check: check.name, verdict: .fail, findings: found.findings + refusals)
            }
            tell(ProgressLine(result: found))
        } catch {
            tell(ProgressLine(result: CheckResult(check: check.name, verdict: .fail, findings: [error.description])))
        }
        // Not exit(): the library's own destructors and atexit functions have nothing to say here.
        _exit(0)
    }

    private static func enclose(_ subject: Subject, _ allowance: Confinement.Allowance) throws(SubjectError) {
        do throws(Enclosure.Failure) { try Confinement.enclose(subject, allowance, keeping: result) } catch {
            throw SubjectError("the process cannot be shut in: \(error.description)")
        }
    }

    private static func tell(_ line: ProgressLine) {
        let bytes = line.encoded
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
