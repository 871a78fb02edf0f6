internal import Logging
internal import Operations
internal import PlainText

extension EventLog {
    /// What is logged goes to stderr, one line each, never a secret.
    init(_ options: GlobalOptions) {
        var logger = Logger(label: "keyturn") { _ in LineHandler() }
        logger.logLevel = options.quiet ? .error : options.verbose ? .debug : .info
        self.init { [logger] level, text in logger.log(level: Logger.Level(level), "\(text)") }
    }
}

extension Logger.Level {
    fileprivate init(_ level: EventLog.Level) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
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
            "\(Moment.text(Moment.now)) \(level) \(PlainText.line("\(event.message)", limit: Self.lineLimit))\n")
    }
}
