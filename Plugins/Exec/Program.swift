import CPrograms
import PusherKit

/// One program to run, with bytes on its standard input.
struct Program {
    /// How it ended, and what it said.
    struct End {
        enum Kind: Equatable {
            case exited(Int32)
            case signalled(Int32)
        }

        var kind: Kind
        var output: SecretBytes

        var words: String {
            switch kind {
            case .exited(let status): "ended with status \(status)"
            case .signalled(let signal): "was ended by \(String(cString: strsignal(signal)))"
            }
        }
    }

    /// What a pipe takes without anybody reading it.
    private static let inputLimit = 60 << 10
    private static let outputLimit = 64 << 10
    /// How long a program that was asked to stop may still take.
    private static let graceMilliseconds = 1_000

    private let command: [String]

    init(_ command: [String]) { self.command = command }

    static func checkStartable(_ path: String, about subject: String) throws(PushFailure) {
        // No file has an empty path, so this starts nothing: it fails one way where programs may be started, and another where not.
        if execve("", [nil], [nil]) == -1, kt_errno() == EPERM {
            throw PushFailure(.invalidConfiguration, "\(subject): \(path) cannot be started\(grantHint)")
        }
        guard access(path, X_OK) == 0 else {
            throw PushFailure(
                .invalidConfiguration, "\(subject): \(path) cannot be started: \(String(cString: strerror(kt_errno())))"
            )
        }
    }

    private static let grantHint = "; starting programs must be granted: `keyturn plugin pin exec --grant programs`"

    /// Runs it to its end, or until the call is over.
    func run(input: SecretBytes, about subject: String, call: borrowing Call) throws(PushFailure) -> End {
        guard input.count <= Self.inputLimit else {
            throw PushFailure(.invalidConfiguration, "\(subject): `input` is larger than 60 KiB")
        }
        let (process, toChild, fromChild) = try start(subject)
        defer { close(fromChild) }
        // It fits into the pipe, so this does not wait; a program that does not read loses it.
        input.withBytes { _ = write(toChild, $0.baseAddress, $0.count) }
        close(toChild)
        let output = read(fromChild, of: process, call: call)
        return End(kind: Self.reap(process), output: output)
    }

    /// One at a time: a pipe's ends must not be inherited by a program that is started in between.
    private static let starting = Guarded<Void>(())

    private func start(_ subject: String) throws(PushFailure) -> (process: pid_t, toChild: Int32, fromChild: Int32) {
        try Self.starting.withLock { _ throws(PushFailure) in
            var (input, output): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
            guard pipe(&input) == 0, pipe(&output) == 0 else {
                (input + output).filter { $0 >= 0 }.forEach { close($0) }
                throw PushFailure(.retryable, "\(subject): no pipe: \(String(cString: strerror(kt_errno())))")
            }
            for descriptor in input + output { _ = kt_close_on_exec(descriptor) }
            defer { [input[0], output[1]].forEach { close($0) } }
            do throws(PushFailure) { return (try spawn(input[0], output[1], subject), input[1], output[0]) } catch {
                [input[1], output[0]].forEach { close($0) }
                throw error
            }
        }
    }

    private func spawn(_ input: Int32, _ output: Int32, _ subject: String) throws(PushFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        let settings = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"]
        let environment: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, command[0], &actions, &attributes, arguments, environment)
        guard result == 0 else {
            let hint = result == EPERM || result == EACCES ? Self.grantHint : ""
            throw PushFailure(
                .invalidConfiguration,
                "\(subject): \(command[0]) cannot be started: \(String(cString: strerror(result)))\(hint)")
        }
        return process
    }

    /// What the program writes until it closes its output; when the call is over it is asked to stop, and then ended.
    private func read(_ descriptor: Int32, of process: pid_t, call: borrowing Call) -> SecretBytes {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.outputLimit, alignment: 1)
        defer {
            if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
            buffer.deallocate()
        }
        var count = 0
        var grace = Self.graceMilliseconds
        while count < buffer.count {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, 50)
            if ready > 0 {
                let got = CPrograms.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got > 0 { count += got } else if got == 0 || kt_errno() != EINTR { break }
            } else if call.isCancelled {
                if grace == Self.graceMilliseconds { kill(process, SIGTERM) }
                grace -= 50
                if grace <= 0 { break }
            }
        }
        // Whoever closed its output has said what there was to say; whoever says too much is ended.
        if count == buffer.count || grace <= 0 { kill(process, SIGKILL) }
        return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    private static func reap(_ process: pid_t) -> End.Kind {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, kt_errno() == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
    }
}
