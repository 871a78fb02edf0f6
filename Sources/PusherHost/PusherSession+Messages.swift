internal import JSON
internal import PlainText
internal import Rotation
internal import RunnerProtocol
internal import Secrets

/// What the runner says.
extension PusherSession {
    func receive() {
        guard let runner else { return }
        do throws(ProtocolError) {
            let isOpen = try runner.receive { message throws(ProtocolError) in try take(message, from: runner) }
            if !isOpen { lose { "its process \($0)" } }
        } catch { lose { _ in "it broke the protocol: \(error.description)" } }
    }

    private func take(_ message: RunnerInput.Message, from runner: RunnerProcess) throws(ProtocolError) {
        // A refusal may have ended this runner in the middle of a batch.
        guard self.runner === runner else { return }
        switch message {
        case .confined(let words): runner.confinement = words
        case .loaded(let message): loaded(message, runner)
        case .refused(let message): refuse("\(settings.plugin.library): \(message.reason)")
        case .opened(let outcome): opened(CallReport(outcome, redactor), runner)
        case .outcome(let call, let outcome): ended(call, outcome, runner)
        case .request(let call, let wanted, let fields, let body): try send(wanted, call, fields, body, runner)
        case .awsRequest(let call, let wanted, let body): try send(wanted, call, body, runner)
        case .log(let call, let line): try write(line, runner.calls[call])
        case .place(let call, let place): try take(runner.calls[call]) { $0.take(place, $1) }
        case .scope(let call, let scope): try take(runner.calls[call]) { $0.take(scope, $1) }
        case .gap(let call, let gap): try take(runner.calls[call]) { $0.take(gap, $1) }
        }
    }

    private func loaded(_ message: Loaded, _ runner: RunnerProcess) {
        guard message.id == settings.plugin.manifest.id else {
            return refuse(
                "\(settings.plugin.library): it is the pusher `\(PlainText.line(message.id, limit: 64))`, and its manifest says `\(settings.plugin.manifest.id)`"
            )
        }
        if (try? JSONValue(parsing: message.manifest)) != settings.plugin.manifest.json {
            log(.warning, nil, "the manifest in the library differs from manifest.json next to it")
        }
        runner.stage = .opening
    }

    private func opened(_ report: CallReport, _ runner: RunnerProcess) {
        switch report.outcome {
        case .ok, .unchanged:
            runner.stage = .ready
            tellStarters(.ready(runner.confinement))
        case .unknown: failStart(report.message)
        default: refuse("pusher \(settings.name): \(report.message)")
        }
    }

    private func take(
        _ active: ActiveCall?, _ take: (inout Found, Redactor) -> Bool
    ) throws(ProtocolError) {
        guard let active, active.call.question.finds else { throw ProtocolError("a place that no one asked for") }
        // A runner that counts sends one too many, so that it is known that there is more.
        if !take(&active.found, redactor) { try countNuisance() }
    }

    private func ended(_ id: UInt32, _ outcome: Outcome, _ runner: RunnerProcess) {
        guard let active = runner.calls.removeValue(forKey: id) else { return }
        suspects.remove(active.call.target.name)
        finish(active, CallReport(outcome, redactor))
    }

    private func write(_ line: LogLine, _ active: ActiveCall?) throws(ProtocolError) {
        // Counted first: what is left out costs nothing.
        guard linesThisHour.take(), lineBytesThisHour.take(min(line.text.utf8.count, PusherLimits.line)) else {
            if linesThisHour.isFirstRefusal() {
                log(.warning, nil, "it writes too many lines; the rest of this hour's are left out")
            }
            return try countNuisance()
        }
        let advice = line.isRefusal ? "; \(settings.admitted.refusalAdvice())" : ""
        let text =
            CallReport.oneLine(line.text, redactor, limit: PusherLimits.line - advice.utf8.count) + advice
        log(PusherLogLine.Level(rawValue: line.level) ?? .info, active?.call.target.name, text)
    }

    /// Says that a request was refused, up to a bound.
    func logRefusal(_ target: TargetName, _ reason: String) throws(ProtocolError) {
        guard refusalLinesThisHour.take() else {
            if refusalLinesThisHour.isFirstRefusal() {
                log(.warning, nil, "more of its requests are refused than are said one by one")
            }
            return try countNuisance()
        }
        log(.warning, target, "a request was refused: \(reason)")
    }

    private func countNuisance() throws(ProtocolError) {
        guard nuisancesThisHour.take() else { throw ProtocolError("it floods keyturn with what is of no use") }
    }

    func log(_ level: PusherLogLine.Level, _ target: TargetName?, _ text: String) {
        let text = CallReport.oneLine(text, redactor, limit: PusherLimits.line)
        loop.log(PusherLogLine(level: level, pusher: settings.name, target: target, text: text))
    }
}
