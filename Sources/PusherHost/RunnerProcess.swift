internal import CLinux
internal import Glibc
internal import HTTP
internal import Programs
internal import RunnerProtocol
internal import Secrets

/// One runner: its process, its socket, and what is in progress over it. Only the loop's thread touches it.
final class RunnerProcess {
    /// How far it has come.
    enum Stage { case loading, opening, ready }

    let process: pid_t
    let descriptor: Int32
    var stage = Stage.loading
    /// What the runner said is in force.
    var confinement: [String] = []
    var startDeadline: ContinuousClock.Instant
    var calls: [UInt32: ActiveCall] = [:] {
        didSet { if calls.isEmpty { idleSince = .now } }
    }
    /// When it was given the first pair.
    var sawPair: ContinuousClock.Instant?
    /// When its threads are counted next.
    var nextCount = ContinuousClock.now
    /// Since when it has had nothing to do.
    private(set) var idleSince = ContinuousClock.now
    private let errors: RunnerErrors
    private var input = RunnerInput()
    private var output = RunnerOutput()
    private var incoming = [UInt8](repeating: 0, count: 64 << 10)

    /// Starts a runner.
    ///
    /// The environment is empty but for the language, and no descriptor is inherited but the socket. The thread that calls
    /// this must stay: the runner dies with it.
    init(runner: String, _ settings: PusherSettings, startDeadline: ContinuousClock.Instant) throws(PluginError) {
        self.startDeadline = startDeadline
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
            throw PluginError("no socket for a runner: \(String(cString: strerror(errno)))")
        }
        defer { close(pair[1]) }
        var ends: [Int32] = [-1, -1]
        guard kt_pipe(&ends) == 0 else {
            close(pair[0])
            throw PluginError("no pipe for a runner: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        descriptor = pair[0]
        // Only this end: whoever writes waits until the loop has read, so that the last lines are not lost.
        kt_set_nonblocking(ends[0])
        errors = RunnerErrors(descriptor: ends[0])
        do { process = try Self.spawn(runner, pair[1], settings.admitted.library.descriptor, ends[1]) } catch {
            close(pair[0])
            throw error
        }
        kt_set_nonblocking(descriptor)
        let grants = settings.admitted.grants
        send(
            .confine,
            payload: Confine(
                library: settings.plugin.library, readable: grants.readable, writable: grants.writable,
                network: grants.network, programs: grants.programs, accepted: settings.acceptedGaps
            ).payload)
    }

    private static func spawn(
        _ runner: String, _ socket: Int32, _ library: Int32, _ errors: Int32
    ) throws(PluginError) -> pid_t {
        do throws(Launch.Failure) {
            // A pusher can neither garble output nor leak into a log: what it writes to the standard error is looked at after a
            // crash alone, and cleaned. The default crash reporter prints memory.
            return try Launch.start(
                [runner, "\(getpid())"], environment: ["LANG=C.UTF-8", "SWIFT_BACKTRACE=enable=no"],
                descriptors: [nil, nil, errors, socket, library])
        } catch { throw PluginError("\(runner): \(error)") }
    }

    /// Takes a message with its secrets; ``flush()`` sends it, together with others.
    func send(_ kind: Frame.Kind, call: UInt32 = 0, secrets: [Secret] = [], payload: [UInt8] = []) {
        output.append(kind, call: call, secrets: secrets, payload: payload)
    }

    /// Bytes that it has not taken yet.
    var backlog: Int { output.count }

    /// Hands to the socket what it takes; the rest waits.
    func flush() { output.flush(to: descriptor) }

    /// What came: messages, until as much is read as one turn may take.
    ///
    /// - Returns: false once the runner has closed.
    func receive(_ body: (RunnerInput.Message) throws(ProtocolError) -> Void) throws(ProtocolError) -> Bool {
        let count = incoming.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        guard count > 0 else { return false }
        incoming.withUnsafeMutableBytes { buffer in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            input.append(UnsafeRawBufferPointer(bytes))
            Secret.wipe(bytes)
        }
        while let message = try input.next(isLive: { calls[$0] != nil }) { try body(message) }
        return true
    }

    /// Reads and forgets what came.
    ///
    /// - Returns: false once the runner has closed.
    func discard() -> Bool {
        let count = incoming.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            incoming.withUnsafeMutableBytes { Secret.wipe(UnsafeMutableRawBufferPointer(rebasing: $0[..<count])) }
        }
        return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }

    /// Where its standard error is read; -1: it has closed it.
    var errorsDescriptor: Int32 { errors.descriptor }

    /// Takes what it wrote to its standard error.
    func drainErrors() { errors.drain() }

    /// The first and the last lines that it wrote to its standard error, as they may be shown.
    func errorLines(_ redactor: Redactor) -> [String] {
        errors.drain()
        return errors.lines(redactor)
    }

    /// How ``end()`` describes a process that has closed its pusher.
    static let orderly = "exited with status 0"

    /// Ends the process, and returns how it ended.
    func end() -> String {
        // With whatever programs it was allowed to start: its group is its own.
        kill(-process, SIGKILL)
        kill(process, SIGKILL)
        close(descriptor)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        if signal == SIGKILL { return "was ended" }
        return signal == 0
            ? "exited with status \((status >> 8) & 0xFF)" : "crashed (\(String(cString: strsignal(signal))))"
    }
}
