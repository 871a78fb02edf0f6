internal import Rotation
internal import Secrets

/// How runners and calls end.
extension PusherSession {
    /// The runner is of no use any more: what it did not report is unknown.
    func lose(_ reason: (String) -> String) {
        guard let runner else { return }
        let wasReady = runner.stage == .ready
        let words = reason(runner.end())
        // While the pairs that it was given are still known.
        let lines = runner.errorLines(redactor)
        self.runner = nil
        log(.error, nil, words)
        // Of several targets any may be the one.
        let target = runner.calls.count == 1 ? runner.calls.first?.value.call.target.name : nil
        for line in lines where linesThisHour.take() && lineBytesThisHour.take(line.utf8.count) {
            log(.error, target, "it wrote: \(line)")
        }
        let wrote = Self.wrote(lines)
        if !wasReady { return failStart("pusher \(settings.name): \(words)\(wrote)") }
        let report = CallReport(
            .unknown, "pusher \(settings.name): \(words), so it is not known what was written\(wrote)")
        suspects.formUnion(runner.calls.values.map(\.call.target.name))
        runner.calls.values.forEach { finish($0, report) }
    }

    /// The first and the last of these lines, for the end of a sentence.
    private static func wrote(_ lines: [String]) -> String {
        guard let first = lines.first, let last = lines.last else { return "" }
        return "; it wrote: \(first)" + (lines.count > 1 ? " … \(last)" : "")
    }

    func failStart(_ message: String) {
        _ = runner?.end()
        runner = nil
        tellStarters(.failed(message))
        failQueue(CallReport(.unknown, message))
    }

    func refuse(_ message: String) {
        _ = runner?.end()
        runner = nil
        let message = CallReport.oneLine(message, redactor)
        refusal = CallReport(.invalidConfig, message)
        tellStarters(.refused(message))
        failQueue(CallReport(.invalidConfig, message))
    }

    func tellStarters(_ start: PusherHost.Start) {
        starters.forEach { $0(start) }
        starters = []
    }

    func finish(_ active: ActiveCall, _ report: CallReport) {
        cancelRequests(of: active)
        pace.release(active.reservation, at: .now)
        places.release(place(of: active.call))
        let hasWrittenBefore = written[active.call.target.name].map { $0 == active.call.question.keyID } ?? false
        var report = active.witness.judged(
            report, isTrusted: isTrusted, isOwn: isOwn, hasWrittenBefore: hasWrittenBefore)
        if active.witness.hasConfirmedWrite, let key = active.call.question.keyID {
            written[active.call.target.name] = key
        }
        if let note = active.note, report.outcome != .ok, report.outcome != .unchanged {
            report.message = CallReport.oneLine("\(report.message); \(note)", redactor)
        }
        report.found = active.found
        // A service may repeat there what it was sent.
        report.request = active.requestID.map { CallReport.oneLine($0, redactor, limit: PusherLimits.keyID) }
        report.plugin = identity
        report.mayHaveWritten = active.mayHaveWritten && report.outcome != .ok && report.outcome != .unchanged
        active.call.completion(report)
    }

    /// Whoever waits is not begun any more.
    func drain() { failQueue(nil) }

    func failQueue(_ report: CallReport?) {
        queue.forEach { $0.completion(report) }
        queue = []
    }

    func stop() {
        closeConnections()
        guard let runner else { return }
        self.runner = nil
        retire(runner)
        let report = CallReport(.unknown, "keyturn stopped before \(settings.name) had answered")
        runner.calls.values.forEach { finish($0, report) }
        failQueue(nil)
    }
}
