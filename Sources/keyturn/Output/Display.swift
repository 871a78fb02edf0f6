internal import Engine

/// Shows work as it goes on: live on a terminal, else as log lines.
struct Display: Sendable {
    private let log: EventLog
    private let view: LiveView?

    /// - Parameter isLive: whether this command draws at all.
    init(_ options: GlobalOptions, _ log: EventLog, isLive: Bool) {
        let terminal = Terminal(options)
        self.log = log
        view = isLive && terminal.isLive && !options.quiet && !options.verbose ? LiveView(terminal) : nil
    }

    func show(_ progress: RotationProgress) {
        if let view { view.take(progress) } else { log.write(progress) }
    }

    /// Shows while the body works.
    func during<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        guard let view else { return try await body() }
        let drawing = Task { await view.keepDrawing() }
        defer {
            drawing.cancel()
            view.end()
        }
        return try await body()
    }
}
