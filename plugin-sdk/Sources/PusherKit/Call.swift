import CKeyturnPusher

/// One call of `check`, `push` or `inspect`: the host's help while it lasts. It cannot be copied or kept.
public struct Call: ~Copyable {
    /// How much a line in the log matters.
    public enum LogLevel: Int32, Sendable {
        /// For whoever looks into the plugin.
        case debug
        /// For the record.
        case info
        /// Something that may become a failure.
        case warning
        /// A failure.
        case error
    }

    let pointer: UnsafePointer<kt_call>
    let services: Services
    let redaction: Redaction
    private let progress = Progress()

    /// Whether the service took a write of this call.
    var hasWritten: Bool { progress.hasWritten }

    /// What a call remembers of its requests. One thread at a time makes them.
    private final class Progress {
        var hasWritten = false
    }

    func noteWrite() { progress.hasWritten = true }

    /// The time until the call's deadline, zero when it has passed, nil where the host sets none.
    public var remaining: Duration? {
        services.remaining.map { .milliseconds($0(pointer)) }
    }

    /// True once the call should end: it was cancelled, or its deadline has passed.
    public var isCancelled: Bool {
        (services.cancelled?(pointer) ?? 0) != 0
    }

    /// The time by the host's clock, which need not be the service's.
    public var now: Timestamp {
        services.now.map { Timestamp(milliseconds: $0()) } ?? .now
    }

    /// Writes a line to keyturn's log, without the secrets that the call knows.
    public func log(_ level: LogLevel, _ line: String) {
        guard let write = services.write else { return }
        let bytes = SecretBytes(redaction.clean(line))
        withExtendedLifetime(bytes) { write(pointer, level.rawValue, bytes.borrowedString) }
    }

    /// Sleeps, and returns early when the call is cancelled.
    ///
    /// - Throws: `PushFailure`, with reason `.cancelled`, when it was, or where the host cannot sleep, `.retryable`.
    public func sleep(_ duration: Duration) throws(PushFailure) {
        guard let sleep = services.sleep else { throw PushFailure(.retryable, "the host offers no kt.clock/1") }
        let (seconds, attoseconds) = duration.components
        let milliseconds = min(max(seconds, 0), 86_400) * 1_000 + attoseconds / 1_000_000_000_000_000
        if sleep(pointer, milliseconds) != 0 { throw PushFailure(.cancelled, "cancelled while waiting") }
    }
}
