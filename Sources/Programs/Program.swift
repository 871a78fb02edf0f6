internal import Dispatch
internal import Glibc
internal import PlainText
public import Secrets

/// A program that the configuration names, and the limits that it runs under.
///
/// It runs without a shell, in a process group of its own, with the variables that are given here and nothing else of keyturn's:
/// no descriptors, no terminal. When its time is over the whole group gets SIGTERM, and SIGKILL two seconds later. The program
/// counts, not its pipes: a process that it leaves behind can hold them for as long as it likes.
public struct Program: Sendable {
    /// The program, by its path or looked for in `PATH`, and its arguments.
    public var words: [String]
    /// All of its variables.
    public var environment: [String: String]
    /// The longest that it may take.
    public var timeLimit: Duration
    /// The most that it may write to its standard output, in bytes; nil: what it writes is dropped.
    public var outputLimit: Int?
    /// What may not be shown of its last words; what it writes to its standard output is never shown.
    public var secrets: [Secret]

    /// A program and its limits.
    ///
    /// - Parameter words: at least one.
    public init(
        _ words: [String], environment: [String: String], timeLimit: Duration, outputLimit: Int? = nil,
        secrets: [Secret] = []
    ) {
        precondition(!words.isEmpty, "a program has a name")
        (self.words, self.environment, self.timeLimit) = (words, environment, timeLimit)
        (self.outputLimit, self.secrets) = (outputLimit, secrets)
    }

    /// Runs it, and blocks until it has ended.
    ///
    /// - Parameter input: what it can read; nothing where it is empty. It need not read it.
    /// - Returns: what it wrote to its standard output.
    public func run(input: [UInt8] = []) throws(ProgramFailure) -> Secret { try run(input: input, leash: nil) }

    /// Runs it outside of the tasks' own threads, which are few. It is ended when the task is cancelled.
    ///
    /// - Parameter input: what it can read. It need not read it.
    /// - Returns: what it wrote to its standard output.
    public func runInBackground(input: [UInt8] = []) async throws(ProgramFailure) -> Secret {
        guard let leash = Leash() else { throw failure(.notStarted, "cannot be started: no descriptor is left") }
        let result: Result<Secret, ProgramFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    do throws(ProgramFailure) {
                        continuation.resume(returning: .success(try run(input: input, leash: leash)))
                    } catch { continuation.resume(returning: .failure(error)) }
                }
            }
        } onCancel: {
            leash.pull()
        }
        return try result.get()
    }

    private func run(input: [UInt8], leash: Leash?) throws(ProgramFailure) -> Secret {
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw failure(.notStarted, "cannot be started: one of its arguments has a NUL character")
        }
        let run: ProgramRun
        do throws(Launch.Failure) {
            run = try ProgramRun([try path()] + words.dropFirst(), self, input, leash)
        } catch { throw failure(.notStarted, "cannot be started: \(error)") }
        let end = run.finish()
        var output = run.takeOutput()
        defer { Secret.wipe(&output) }
        guard case .success = end else {
            let lines = output.split(separator: 0x0A).map { line in line.withUnsafeBytes { Secret(copying: $0) } }
            let hidden = secrets + [output.withUnsafeBytes { Secret(copying: $0) }] + lines.prefix(Self.lineLimit)
            throw failure(end.code, words(for: end), run.lastWords(without: hidden))
        }
        return output.withUnsafeBytes { Secret(copying: $0) }
    }

    /// Lines of the output that are looked for in the last words one by one; the whole of it is looked for in any case.
    private static let lineLimit = 64

    /// The path of the program. A first word without a slash is looked for in its own `PATH`, as `env` does.
    private func path() throws(Launch.Failure) -> String {
        let name = words[0]
        guard !name.contains("/") else { return name }
        var code = ENOENT
        for directory in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if access(path, X_OK) == 0 { return path }
            code = EACCES
        }
        throw Launch.Failure(code: code)
    }

    /// Why it cannot be started, as far as its file shows: a sentence, and the system's `errno`. nil: nothing speaks against it. Starts nothing.
    public var obstacle: (text: String, code: Int32)? {
        let path: String
        do throws(Launch.Failure) { path = try self.path() } catch {
            return error.code == EACCES
                ? ("\(shownName) in PATH is not executable", EACCES)
                : ("there is no program \(shownName) in PATH", error.code)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { return ("\(shownName): \(Launch.Failure(code: errno))", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return ("\(shownName) is not a regular file", EACCES) }
        guard access(path, X_OK) == 0 else {
            return (
                errno == EACCES
                    ? "\(shownName) is not executable; run `chmod +x \(shownName)`"
                    : "\(shownName): \(Launch.Failure(code: errno))", errno
            )
        }
        return nil
    }

    private var shownName: String { PlainText.line(words[0], limit: 200) }

    private func words(for end: ProgramRun.End) -> String {
        switch end {
        case .success: "ended"
        case .status(let status): "ended with status \(status)"
        case .signal(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        case .late: "took longer than \(timeLimit.components.seconds) s and was ended"
        case .large: "wrote more than \((outputLimit ?? 0) >> 10) KiB and was ended"
        case .stopped: "was ended because keyturn stops"
        }
    }

    private func failure(_ code: ProgramFailure.Code, _ reason: String, _ lastLine: String? = nil) -> ProgramFailure {
        ProgramFailure(
            code: code, program: shownName, reason: reason, lastLine: lastLine)
    }
}
