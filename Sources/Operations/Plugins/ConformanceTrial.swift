internal import Enclosure
internal import FoundationEssentials
internal import Glibc
internal import PlainText
internal import Programs
internal import PusherConformance

/// Runs checks of one pusher, each in a process of its own, and makes a result of however that ends.
struct ConformanceTrial {
    let program: String
    let library: String
    let timeLimit: Duration
    let seed: UInt64
    let iterations: Range<Int>
    /// What is granted of that which the manifest asks for.
    let grants: Set<GrantOption>
    /// Parts of the enclosure that are done without where the kernel lacks them.
    let accepted: Set<Enclosure.Part>
    /// A directory for files that a pusher writes in a check.
    let scratch: String

    /// Runs a check; one that makes up its cases, until one of them fails.
    func run(_ check: ConformanceCheck) throws -> CheckResult {
        guard check.isSeeded else { return try run(check, iteration: 0) }
        var worst = CheckResult(check: check.name, verdict: .pass, findings: [])
        for iteration in iterations {
            var result = try run(check, iteration: iteration)
            if result.verdict.isFailure {
                result.findings.append(
                    "repeat it: keyturn plugin test \(library)\(options) --check \(check.name) --reproduce \(seed):\(iteration)"
                )
                return result
            }
            if result.verdict == .warn { worst = result }
        }
        return worst
    }

    /// The grants as the command line has them.
    private var options: String { grants.map { " --grant \($0.rawValue)" }.sorted().joined() }

    private func run(_ check: ConformanceCheck, iteration: Int) throws -> CheckResult {
        let arguments = [
            program, check.name, library, "\(seed)", "\(iteration)",
            grants.map(\.rawValue).sorted().joined(separator: ","),
            accepted.map(\.rawValue).sorted().joined(separator: ","),
        ]
        var process = try ConformanceProcess(arguments: arguments, scratch: scratch)
        let (text, isLate) = process.read(within: timeLimit)
        let ending = process.end()
        defer { process.forget() }
        let lines = text.split(separator: "\n").reversed().lazy.compactMap {
            try? JSONDecoder().decode(ProgressLine.self, from: Data($0.utf8))
        }
        if !isLate, let result = lines.first?.result { return result }
        let doing = lines.compactMap(\.doing).first.map { ", at: \($0)" } ?? ""
        let running = lines.compactMap(\.running).first.flatMap { $0.isEmpty ? nil : $0 }
        if isLate {
            let seconds = timeLimit.components.seconds
            let finding =
                running.map { "\($0) did not return within \(seconds) s" } ?? "it did not end within \(seconds) s"
            return CheckResult(
                check: check.name, verdict: .timedOut, findings: [finding + doing],
                cause: running ?? "the same place\(doing)")
        }
        let written = process.errors()
        let place = running.map { " in \($0)" } ?? ""
        // Numbers and addresses differ from one crash to the next.
        let words =
            written.first { !$0.isEmpty }?.split(separator: " ").filter { !$0.contains(where: \.isNumber) } ?? []
        return CheckResult(
            check: check.name, verdict: .crashed, findings: ["the process \(ending)\(place)\(doing)"] + written,
            cause: "\(ending)\(place): \(words.joined(separator: " "))")
    }
}

/// One `keyturn-conformance` process, with a pipe for what it tells.
struct ConformanceProcess {
    /// Bytes that it may tell.
    private static let textLimit = 4 << 20

    /// Bytes of its standard error, whose first and last lines are shown after a crash: what a runtime says of a fault comes
    /// first, and then its stacks.
    private static let errorLimit = 64 << 10
    private static let firstErrorLines = 6
    private static let lastErrorLines = 6

    private let process: pid_t
    private let descriptor: Int32
    /// The end of a pipe for its standard error.
    private let errorStream: Int32

    init(arguments: [String], scratch: String) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw OperationFailure(.failed, "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        descriptor = ends[0]
        var streams: [Int32] = [-1, -1]
        guard pipe(&streams) == 0 else {
            close(ends[0])
            throw OperationFailure(.failed, "no pipe: \(String(cString: strerror(errno)))")
        }
        defer { close(streams[1]) }
        for stream in streams {
            _ = fcntl(stream, F_SETFD, FD_CLOEXEC)
            // A check that writes more than a pipe holds loses the rest, and does not wait.
            _ = fcntl(stream, F_SETFL, O_NONBLOCK)
        }
        errorStream = streams[0]
        do { process = try Self.spawn(arguments, scratch, ends[1], streams[1]) } catch {
            close(ends[0])
            close(errorStream)
            throw error
        }
    }

    private static func spawn(_ arguments: [String], _ scratch: String, _ end: Int32, _ errors: Int32) throws -> pid_t {
        do throws(Launch.Failure) {
            // The default crash reporter prints memory. It writes its result to descriptor 3.
            return try Launch.start(
                arguments, environment: ["LANG=C.UTF-8", "SWIFT_BACKTRACE=enable=no", "TMPDIR=\(scratch)"],
                descriptors: [nil, nil, errors, end])
        } catch { throw OperationFailure(.failed, "\(arguments[0]) cannot be started: \(error)") }
    }

    /// What it tells until it ends, or until the time is over.
    mutating func read(within limit: Duration) -> (text: String, isLate: Bool) {
        let end = ContinuousClock.now + limit
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < Self.textLimit {
            let left = end - ContinuousClock.now
            guard left > .zero else { return (String(decoding: bytes, as: UTF8.self), true) }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&waiting, 1, Int32(clamping: milliseconds + 1)) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return (String(decoding: bytes, as: UTF8.self), false)
    }

    /// The first and the last lines that it wrote to its standard error, of those that the pipe has kept, as findings.
    func errors() -> [String] {
        var bytes = [UInt8](repeating: 0, count: Self.errorLimit)
        let count = Glibc.read(errorStream, &bytes, bytes.count)
        guard count > 0 else { return [] }
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { PlainText.line(String($0), limit: 400) }.filter { !$0.isEmpty }.map { "it wrote: \($0)" }
        let left = lines.count - Self.firstErrorLines - Self.lastErrorLines
        guard left > 0 else { return lines }
        return lines.prefix(Self.firstErrorLines) + ["(\(left) lines left out)"] + lines.suffix(Self.lastErrorLines)
    }

    /// Closes what is left of it.
    func forget() { close(errorStream) }

    /// Ends it, and tells how it had ended, if it had.
    func end() -> String {
        close(descriptor)
        var status: Int32 = 0
        // It may be closing: the pipe's end comes a moment before the process's.
        for _ in 0..<200 {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process {
                kill(-process, SIGKILL)
                return Self.describe(status)
            }
            usleep(1_000)
        }
        kill(-process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return "was ended"
    }

    private static func describe(_ status: Int32) -> String {
        let signal = status & 0x7F
        guard signal != 0 else { return "exited with status \((status >> 8) & 0xFF), without a result" }
        return "crashed (\(String(cString: strsignal(signal))))"
    }
}
