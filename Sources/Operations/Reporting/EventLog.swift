internal import Engine
internal import PusherHost

/// Where an operation reports what happens while it works. Whoever calls it decides what becomes of the lines.
package struct EventLog: Sendable {
    /// How much a line matters.
    package enum Level: String, Sendable, CaseIterable { case debug, info, warning, error }

    private let take: @Sendable (Level, String) -> Void

    /// - Parameter take: gets each line, from any thread.
    package init(_ take: @escaping @Sendable (Level, String) -> Void) { self.take = take }

    package func warn(_ text: String) { take(.warning, text) }
    package func fail(_ text: String) { take(.error, text) }
    package func tell(_ text: String) { take(.info, text) }

    func write(_ line: PusherLogLine) {
        let level: Level =
            switch line.level {
            // A pusher's small talk is for those who look for it.
            case .debug, .info: .debug
            case .warning: .warning
            case .error: .error
            }
        take(level, "\(line.target.map { "\($0)" } ?? line.pusher): \(line.text)")
    }

    func write(_ progress: RotationProgress) {
        for note in progress.notes {
            let (level, text) = Narration(progress).line(note)
            take(level, "\(progress.user): \(text.naming(progress.user))")
        }
    }
}
