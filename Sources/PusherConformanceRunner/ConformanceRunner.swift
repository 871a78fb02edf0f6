internal import Glibc
internal import PusherConformance

/// Runs one check of one pusher, in this process, and tells on the result descriptor how it went.
///
/// `keyturn-conformance CHECK LIBRARY SEED ITERATION`, with the result descriptor as 3. A crash of the pusher is a crash of
/// this process: `keyturn plugin test`, which starts it, sees that.
@main
enum ConformanceRunner {
    static let result: Int32 = 3

    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let check = ConformanceCheck.all.first(where: { $0.name == arguments[1] }),
            let seed = UInt64(arguments[3]), let iteration = Int(arguments[4])
        else {
            print("keyturn-conformance is started by keyturn plugin test; it is of no use by itself")
            exit(64)
        }
        do throws(SubjectError) {
            let subject = try Subject(library: arguments[2], seed: seed, iteration: iteration)
            Confinement.enclose(keeping: result)
            let found = check.run(subject) { tell(ProgressLine(doing: $0)) }
            tell(ProgressLine(result: found))
        } catch {
            tell(ProgressLine(result: CheckResult(check: check.name, verdict: .fail, findings: [error.description])))
        }
        // Not exit(): the library's own destructors and atexit functions have nothing to say here.
        _exit(0)
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
