internal import Engine
internal import FoundationEssentials
internal import Logging
internal import PlainText
internal import PusherHost
internal import Rotation
internal import Synchronization

/// What is logged: to stderr, one line each, never a secret.
struct EventLog: Sendable {
    private let logger: Logger

    init(_ options: GlobalOptions) {
        var logger = Logger(label: "keyturn") { _ in LineHandler() }
        logger.logLevel = options.quiet ? .error : options.verbose ? .debug : .info
        self.logger = logger
    }

    func warn(_ text: String) { logger.warning("\(text)") }
    func fail(_ text: String) { logger.error("\(text)") }
    func tell(_ text: String) { logger.info("\(text)") }

    func write(_ line: PusherLogLine) {
        let level: Logger.Level =
            switch line.level {
            // A pusher's small talk is for those who look for it.
            case .debug, .info: .debug
            case .warning: .warning
            case .error: .error
            }
        logger.log(level: level, "\(line.target.map { "\($0)" } ?? line.pusher): \(line.text)")
    }

    func write(_ progress: RotationProgress) {
        for note in progress.notes {
            let (level, text) = Narration(progress).line(note)
            logger.log(level: level, "\(progress.user): \(text.naming(progress.user))")
        }
    }
}

/// `2026-11-22T10:00:00Z info  text`
private struct LineHandler: LogHandler {
    /// The longest line, in bytes.
    private static let lineLimit = 4_000
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level = event.level.rawValue.column(7)
        StandardStream.error.write(
            "\(Moment.text(SystemClock().now)) \(level) \(PlainText.line("\(event.message)", limit: Self.lineLimit))\n")
    }
}
