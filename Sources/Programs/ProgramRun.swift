internal import CLinux
internal import Glibc
internal import Secrets

/// One run of a program: its process, its pipes, and what it wrote.
final class ProgramRun {
    /// How it ended.
    enum End {
        case success
        case status(Int32)
        case signal(Int32)
        case late
        case large
        case stopped

        var code: ProgramFailure.Code {
            switch self {
            case .success, .status, .signal: .failed
            case .late: .late
            case .large: .large
            case .stopped: .stopped
            }
        }
    }

    /// From SIGTERM to SIGKILL.
    private static let grace: Duration = .seconds(2)
    /// How long a process that got SIGKILL is waited for. One that sits in the kernel, at a file server that is gone, can take for ever.
    private static let lastWait: Duration = .seconds(5)
    /// How often the process is looked at where the kernel has no descriptors of processes (Linux before 5.3).
    private static let lookEvery: Duration = .milliseconds(20)
    /// Bytes that are read of one pipe in one turn: no more than a pipe holds.
    private static let turnLimit = 64 << 10

    private let process: pid_t
    /// Readable once the process has ended; -1: the kernel has no such descriptors.
    private let ending: Int32
    private let leash: Leash?
    private let deadline: ContinuousClock.Instant
    private let outputLimit: Int?
    private var pipes: (input: Int32, output: Int32, errors: Int32) = (-1, -1, -1)
    private var input: ArraySlice<UInt8>
    private var output: [UInt8] = []
    private var words = LastWords()
    private var buffer = [UInt8](repeating: 0, count: 4 << 10)

    init(_ words: [String], _ program: Program, _ input: [UInt8], _ leash: Leash?) throws(Launch.Failure) {
        let input = input[...]
        let open = try Self.open(input: !input.isEmpty, output: program.outputLimit != nil)
        defer { open.theirs.forEach { if let descriptor = $0 { close(descriptor) } } }
        do {
            process = try Launch.start(
                words, environment: program.environment.map { "\($0.key)=\($0.value)" }, descriptors: open.theirs)
        } catch {
            open.ours.forEach { if $0 >= 0 { close($0) } }
            throw error
        }
        ending = kt_process_descriptor(process)
        deadline = .now + program.timeLimit
        self.leash = leash
        self.input = input
        outputLimit = program.outputLimit
        pipes = (open.ours[0], open.ours[1], open.ours[2])
        open.ours.forEach { if $0 >= 0 { kt_set_nonblocking($0) } }
        // It does not move, and leaves no copies behind.
        output.reserveCapacity((program.outputLimit ?? 0) + buffer.count)
    }

    deinit {
        for descriptor in [ending, pipes.input, pipes.output, pipes.errors] where descriptor >= 0 { close(descriptor) }
        Secret.wipe(&output)
        Secret.wipe(&buffer)
        words.wipe()
    }

    /// The pipes for its standard input, output and error.
    ///
    /// - Returns: what it gets of them, and what stays here, -1 where there is no pipe.
    private static func open(
        input: Bool, output: Bool
    ) throws(Launch.Failure) -> (theirs: [Int32?], ours: [Int32]) {
        var (theirs, ours): ([Int32?], [Int32]) = ([nil, nil, nil], [-1, -1, -1])
        for number in 0..<3 where number == 2 || (number == 0 ? input : output) {
            var ends: [Int32] = [-1, -1]
            guard kt_pipe(&ends) == 0 else {
                let code = errno
                (theirs.compactMap(\.self) + ours).forEach { if $0 >= 0 { close($0) } }
                throw Launch.Failure(code: code)
            }
            (theirs[number], ours[number]) = number == 0 ? (ends[0], ends[1]) : (ends[1], ends[0])
        }
        return (theirs, ours)
    }

    /// Waits until it has ended, or ends it. Called once.
    func finish() -> End {
        var cut: End?
        var limit = deadline
        var isKilled = false
        while !hasEnded {
            let isOver = ContinuousClock.now >= limit
            if cut == nil, let cause = isTooLarge ? .large : isStopped ? .stopped : isOver ? End.late : nil {
                cut = cause
                signal(SIGTERM)
                limit = .now + Self.grace
            } else if cut != nil, isOver {
                if isKilled { break }
                isKilled = true
                signal(SIGKILL)
                limit = .now + Self.lastWait
            }
            wait(until: limit, isCut: cut != nil)
        }
        // What it had written when it ended; a process that it left behind may go on writing.
        drain()
        return reap(cut ?? (isTooLarge ? .large : nil))
    }

    /// Signals all processes that it started, apart from those that have left its group.
    private func signal(_ signal: Int32) {
        kill(-process, signal)
        // It may have joined another group.
        kill(process, signal)
    }

    private var isTooLarge: Bool { output.count > outputLimit ?? .max }

    private var isStopped: Bool {
        guard let leash else { return false }
        var entry = pollfd(fd: leash.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    private var hasEnded: Bool {
        var info = siginfo_t()
        // It stays a zombie, so that its number and its group's mean no other process when they are signalled.
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info._sifields._kill.si_pid != 0
    }

    private func reap(_ cut: End?) -> End {
        // What it left in its group ends with it. A daemon that is to stay begins a session of its own.
        signal(SIGKILL)
        var status: Int32 = 0
        // Without waiting: one that SIGKILL has not ended either is left to init.
        let reaped = waitpid(process, &status, WNOHANG)
        if let cut { return cut }
        guard reaped == process else { return .late }
        let signal = status & 0x7F
        if signal != 0 { return .signal(signal) }
        let code = (status >> 8) & 0xFF
        return code == 0 ? .success : .status(code)
    }

    // MARK: Pipes

    /// Waits for the first of: its end, something to read, room for input, the leash, the time.
    private func wait(until limit: ContinuousClock.Instant, isCut: Bool) {
        var left = max(.zero, limit - ContinuousClock.now)
        if ending < 0 { left = min(left, Self.lookEvery) }
        let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
        // poll skips descriptors that are negative. A leash that was pulled once stays readable.
        var entries = [
            pollfd(fd: ending, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pipes.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pipes.errors, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pipes.input, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: isCut ? -1 : leash?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, nfds_t(entries.count), Int32(clamping: milliseconds + 1)) > 0 else { return }
        drain()
        feed()
    }

    private func drain() {
        Pipe.drain(&pipes.output, through: &buffer, limit: Self.turnLimit) { bytes in
            // What is too much is counted, not kept.
            if output.count <= outputLimit ?? 0 { output += bytes }
        }
        Pipe.drain(&pipes.errors, through: &buffer, limit: Self.turnLimit) { words.keep($0) }
    }

    private func feed() {
        guard pipes.input >= 0 else { return }
        let count = input.withUnsafeBytes { write(pipes.input, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        input = input.dropFirst(max(0, count))
        // A program that does not read its input loses it.
        guard count < 0 || input.isEmpty else { return }
        close(pipes.input)
        pipes.input = -1
    }

    /// What it wrote to its standard output. Called once.
    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// The last line that it wrote to its standard error.
    func lastWords(without secrets: [Secret]) -> String? { words.line(without: secrets) }
}
