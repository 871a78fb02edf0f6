internal import Engine
internal import PusherHost
internal import Rotation

/// Where an operation reports what happens while it works. Whoever calls it decides what becomes of the lines.
package struct EventLog: Sendable {
    /// How much a line matters, in rising order.
    package enum Level: String, Sendable, CaseIterable { case debug, info, notice, warning, error }

    private let take: @Sendable (LogLine) -> Void

    /// - Parameter take: gets each line, from any thread.
    package init(lines take: @escaping @Sendable (LogLine) -> Void) { self.take = take }

    /// - Parameter take: gets the level and the message of each line, from any thread.
    package init(_ take: @escaping @Sendable (Level, String) -> Void) {
        self.init(lines: { take($0.level, $0.message) })
    }

    package func warn(_ text: String, _ fields: LogLine.Fields = LogLine.Fields()) {
        take(LogLine(level: .warning, message: text, fields: fields))
    }

    package func fail(_ text: String, _ fields: LogLine.Fields = LogLine.Fields()) {
        take(LogLine(level: .error, message: text, fields: fields))
    }

    package func tell(_ text: String, _ fields: LogLine.Fields = LogLine.Fields()) {
        take(LogLine(level: .info, message: text, fields: fields))
    }

    func write(_ line: PusherLogLine) {
        let level: Level =
            switch line.level {
            // A pusher's small talk is for those who look for it.
            case .debug, .info: .debug
            case .warning: .warning
            case .error: .error
            }
        let message = "\(line.target.map { "\($0)" } ?? line.pusher): \(line.text)"
        let fields = LogLine.Fields(target: line.target?.rawValue, pusher: line.pusher)
        take(LogLine(level: level, message: message, fields: fields))
    }

    func write(_ progress: RotationProgress) {
        // A refusal is logged by whoever gave the order, with what became of it.
        for note in progress.notes where note.kind != .refused {
            let (level, text) = Narration(progress).line(note)
            take(
                LogLine(
                    level: level, message: "\(progress.user): \(text.naming(progress.user))",
                    fields: LogLine.Fields(note, progress)))
        }
    }
}

extension LogLine.Fields {
    /// What a line of the history is about.
    init(_ note: HistoryEvent, _ progress: RotationProgress) {
        self.init(
            user: progress.user, target: note.target?.rawValue, pusher: note.target?.pusher)
        rotation = progress.rotation.number > 0 ? progress.rotation.number : nil
        key = note.key?.rawValue
        event = note.kind.rawValue
        switch note.kind {
        case .blocked: code = progress.rotation.problem?.code.rawValue
        case .notDelivered: code = note.target.flatMap { progress.rotation.deliveries[$0]?.outcome?.rawValue }
        case .delivered: code = note.evidence?.rawValue
        case .driftSeen: code = note.target.flatMap { progress.rotation.deliveries[$0]?.drift?.kind.rawValue }
        default: break
        }
        serviceRequestID = note.request
        // What AWS answers to a push is the target's word.
        requestID = note.target == nil ? note.detail.flatMap(Self.requestID) : nil
    }

    /// The ID that a sentence about an answer of AWS ends with or has in it: `(request 8ba9…)`.
    static func requestID(in sentence: String) -> String? {
        let found = sentence.matches(of: #/\(request ([A-Za-z0-9-]{8,128})\)/#)
        return found.last.map { String($0.output.1) }
    }
}
