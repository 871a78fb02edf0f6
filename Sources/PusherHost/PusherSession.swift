internal import HTTP
internal import JSON
internal import PlainText
internal import Rotation
internal import RunnerProtocol
internal import Secrets

/// One pusher: its queue, and the runner that serves it, replaced when it dies. Only the loop's thread touches it.
final class PusherSession {
    /// Calls that may wait.
    private static let queueLimit = 16_384
    /// Pairs whose secrets are looked for in what the pusher says.
    private static let rememberedPairs = 128
    /// How long a runner stays without work: memory and time on the processor are for those who push.
    private static let idleLimit: Duration = .seconds(10)
    /// How long a runner takes new calls once it has seen a pair. After that another takes its place, and the pairs are
    /// forgotten: a pusher that is never idle would keep those of rotations that are long over.
    private static let pairLimit: Duration = .seconds(900)
    /// How long a question that writes nothing waits for a service that has asked for a pause.
    private static let longestQuestionWait: Duration = .seconds(60)

    let settings: PusherSettings
    private(set) var runner: RunnerProcess? {
        didSet { if runner == nil { forgetPairs() } }
    }
    /// Runners that are asked to close.
    var closing: [ClosingRunner] = []
    unowned let loop: RunnerLoop
    private let places: ActiveSerialGroups
    let pace: Pace
    /// Sends its requests, over connections that nobody else uses; nil: it has made none yet.
    private var client: HTTPClient?
    /// Requests that are sent and not answered, and their bytes: those of calls that have ended, too.
    var inFlight = (requests: 0, bytes: 0)
    var requestsThisHour = HourlyCount(limit: PusherLimits.requestsPerHour)
    var requestBytesThisHour = HourlyCount(limit: PusherLimits.requestBytesPerHour)
    private var linesThisHour = HourlyCount(limit: PusherLimits.linesPerHour)
    private var lineBytesThisHour = HourlyCount(limit: PusherLimits.lineBytesPerHour)
    private var refusalLinesThisHour = HourlyCount(limit: PusherLimits.refusalLinesPerHour)
    private var nuisancesThisHour = HourlyCount(limit: PusherLimits.nuisancesPerHour)
    private var startsThisHour = HourlyCount(limit: PusherLimits.startsPerHour)
    /// When a push may begin that the service's limits hold back.
    private var nextPush: ContinuousClock.Instant?
    /// Secrets that this pusher was given: its own, and those of the pairs that it pushed.
    private var secrets: [Secret] {
        didSet { redactor = Redactor(secrets) }
    }
    private var redactor: Redactor
    private var queue: [PusherCall] = []
    private var starters: [@Sendable (PusherHost.Start) -> Void] = []
    private var nextCall: UInt32 = 1
    /// Why this pusher can never work.
    private var refusal: CallReport?
    /// Calls that one runner has at a time.
    private let parallel: Int
    /// Targets that were being called when the process was lost. Any of them may be the one that kills it, so each is called
    /// alone until a call of it has ended.
    private var suspects: Set<TargetName> = []
    /// The key that the service last confirmed at each target, as far as the host saw it.
    private var written: [TargetName: String] = [:]
    /// Whether it may do more than ask the host for requests. What it does by itself the host does not see.
    private let isTrusted: Bool
    private let identity: PluginIdentity

    init(_ settings: PusherSettings, loop: RunnerLoop, places: ActiveSerialGroups, pace: Pace) {
        self.settings = settings
        self.loop = loop
        self.places = places
        self.pace = pace
        secrets = settings.secrets
        redactor = Redactor(settings.secrets)
        let manifest = settings.plugin.manifest
        identity = PluginIdentity(id: manifest.id, version: manifest.version, sha256: settings.admitted.library.hash)
        let grants = settings.admitted.grants
        isTrusted = grants.network || grants.programs || !grants.writable.isEmpty || !grants.readable.isEmpty
        parallel = settings.plugin.manifest.allowsThreads ? PusherLimits.calls : 1
    }

    func start(_ completion: @escaping @Sendable (PusherHost.Start) -> Void) {
        if let refusal { return completion(.refused(refusal.message)) }
        if let runner, runner.stage == .ready { return completion(.ready(runner.confinement)) }
        starters.append(completion)
    }

    func enqueue(_ call: PusherCall) {
        guard queue.count < Self.queueLimit else {
            return call.completion(CallReport(.retryable, "too many pushes are waiting for \(settings.name)"))
        }
        let isNext = call.question.isFinishing
        queue.insert(
            call, at: isNext ? queue.firstIndex { !$0.question.isFinishing } ?? queue.endIndex : queue.endIndex)
    }

    /// Does what can be done now: starts a runner, hands calls over, ends what is late.
    func advance() {
        endLateCalls()
        if let refusal { return failQueue(refusal) }
        guard !queue.isEmpty || !starters.isEmpty || runner != nil else { return }
        if runner == nil { startRunner() }
        guard let runner, runner.stage == .ready else { return }
        sendHeld(of: runner)
        nextPush = nil
        if queue.contains(where: { $0.question.isFinishing && suspects.contains($0.target.name) }) {
            // Alone, as any suspect, but as soon as those under way have ended.
            if runner.calls.isEmpty { handCalls(to: runner, suspect: true) }
            if !runner.calls.isEmpty || nextPush != nil { return }
        }
        handCalls(to: runner)
        // When nothing else is there to do: a suspect goes alone.
        if runner.calls.isEmpty, nextPush == nil { handCalls(to: runner, suspect: true) }
    }

    private func handCalls(to runner: RunnerProcess, suspect: Bool = false) {
        let limit = suspect ? 1 : parallel
        var index = 0
        while index < queue.count, runner.calls.count < limit, !isAlone(runner), !hasHadPairsLongEnough(runner) {
            // Whoever asked may not act any more: another worker has the user.
            if queue[index].permit?() == false {
                queue.remove(at: index).completion(nil)
                continue
            }
            guard suspects.contains(queue[index].target.name) == suspect, places.take(place(of: queue[index])) else {
                index += 1
                continue
            }
            switch pace.reserve(isFinishing: queue[index].question.isFinishing, at: .now) {
            case .success(let reservation): hand(queue.remove(at: index), reservation, to: runner)
            case .failure(let wait):
                places.release(place(of: queue[index]))
                nextPush = wait.until
                return endQuestions(that: wait)
            }
        }
    }

    private func hasHadPairsLongEnough(_ runner: RunnerProcess) -> Bool {
        runner.sawPair.map { ContinuousClock.now >= $0 + Self.pairLimit } ?? false
    }

    /// Whether the runner has a call that must be the only one.
    private func isAlone(_ runner: RunnerProcess) -> Bool {
        !suspects.isEmpty && runner.calls.values.contains { suspects.contains($0.call.target.name) }
    }

    /// A push may wait for as long as the service asks: it must be made. A question is answered.
    private func endQuestions(that wait: Pace.Wait) {
        let pause = wait.until - .now
        guard pause > Self.longestQuestionWait else { return }
        let seconds = pause.components.seconds + 1
        var report = CallReport(
            .rateLimited, "the service asks keyturn to send nothing with this token for another \(seconds) s")
        report.retryAfter = pause
        let questions = queue.filter { !$0.question.isPush }
        queue.removeAll { !$0.question.isPush }
        questions.forEach { $0.completion(report) }
    }

    /// A pusher may tell a pair in another call than its own, so the latest ones are all looked for.
    private func remember(_ secret: Secret) {
        guard !secrets.contains(secret) else { return }
        let own = settings.secrets.count
        if secrets.count >= own + Self.rememberedPairs { secrets.remove(at: own) }
        secrets.append(secret)
    }

    /// A process that is gone leaks nothing, and its successor has not seen them.
    private func forgetPairs() {
        if secrets.count > settings.secrets.count { secrets = settings.secrets }
    }

    private func place(of call: PusherCall) -> String? {
        // A service is one whether or not its usual address is written out.
        let manifest = settings.plugin.manifest
        let host = settings.endpoint.flatMap { Grant.host(of: $0) } ?? manifest.asks.hosts.first ?? ""
        return call.target.exclusive.map { "\(manifest.id) \(host) \($0)" }
    }

    private func startRunner() {
        guard startsThisHour.take() else {
            return failStart("the pusher's process was started \(PusherLimits.startsPerHour) times within the hour")
        }
        do {
            let runner = try RunnerProcess(
                runner: loop.runner, settings, startDeadline: .now + PusherLimits.openTime)
            self.runner = runner
            runner.send(.open, secrets: [settings.configuration])
        } catch { failStart("the pusher's process cannot be started: \(error.description)") }
    }

    private func hand(_ call: PusherCall, _ reservation: Pace.Reservation, to runner: RunnerProcess) {
        let id = nextCall
        nextCall = nextCall == .max ? 1 : nextCall + 1
        var operation = Operation(
            target: call.target.name.rawValue, fields: call.target.fields, accessKeyID: "",
            timeLimit: call.timeout.milliseconds)
        var secrets: [Secret] = []
        let kind: Frame.Kind
        switch call.question {
        case .check: kind = .check
        case .inspect: kind = .inspect
        case .find: kind = .find
        case .push(let pair, _):
            kind = .push
            operation.accessKeyID = pair.id.rawValue
            secrets = [pair.secret]
            remember(pair.secret)
            runner.sawPair = runner.sawPair ?? .now
        }
        let active = ActiveCall(
            call: call, deadline: .now + call.timeout, reservation: reservation)
        // What goes past the host is not seen by it.
        let grants = settings.admitted.grants
        active.hasWritten = grants.network || grants.programs || !grants.writable.isEmpty
        runner.calls[id] = active
        runner.send(kind, call: id, secrets: secrets, payload: operation.payload)
    }

    // MARK: What the runner says

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
        case .log(let call, let line): try write(line, runner.calls[call])
        case .place(let call, let place): try take(place, runner.calls[call])
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

    private func take(_ place: WirePlace, _ active: ActiveCall?) throws(ProtocolError) {
        guard let active, case .find = active.call.question, active.places.count < WirePlace.most else {
            throw ProtocolError("a place that nobody asked for")
        }
        active.places.append(FoundPlace(place, redactor))
    }

    private func ended(_ id: UInt32, _ outcome: Outcome, _ runner: RunnerProcess) {
        guard let active = runner.calls.removeValue(forKey: id) else { return }
        suspects.remove(active.call.target.name)
        finish(active, CallReport(outcome, redactor))
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

    private func finish(_ active: ActiveCall, _ report: CallReport) {
        cancelRequests(of: active)
        pace.release(active.reservation, at: .now)
        places.release(place(of: active.call))
        let hasWrittenBefore = written[active.call.target.name].map { $0 == active.call.question.keyID } ?? false
        var report = active.witness.judged(report, isTrusted: isTrusted, hasWrittenBefore: hasWrittenBefore)
        if active.witness.hasConfirmedWrite, let key = active.call.question.keyID {
            written[active.call.target.name] = key
        }
        report.places = active.places
        report.plugin = identity
        report.mayHaveWritten = active.mayHaveWritten && report.outcome != .ok && report.outcome != .unchanged
        active.call.completion(report)
    }

    private func write(_ line: LogLine, _ active: ActiveCall?) throws(ProtocolError) {
        // Counted first: what is left out costs nothing.
        guard linesThisHour.take(), lineBytesThisHour.take(min(line.text.utf8.count, PusherLimits.line)) else {
            if linesThisHour.isFirstRefusal() {
                log(.warning, nil, "it writes too many lines; the rest of this hour's are left out")
            }
            return try countNuisance()
        }
        let text = CallReport.oneLine(line.text, redactor, limit: PusherLimits.line)
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

    // MARK: Ends

    /// The next moment at which something is late.
    var nextDeadline: ContinuousClock.Instant? {
        let closed = closing.map(\.deadline).min()
        guard let next = nextDeadlineOfRunner else { return closed }
        return closed.map { min($0, next) } ?? next
    }

    private var nextDeadlineOfRunner: ContinuousClock.Instant? {
        guard let runner else { return nil }
        if runner.stage != .ready { return min(runner.startDeadline, runner.nextCount) }
        if runner.calls.isEmpty {
            return min(runner.idleSince + Self.idleLimit, nextPush ?? .now + Self.idleLimit, runner.nextCount)
        }
        var next = min(nextPush ?? runner.nextCount, runner.nextCount)
        for active in runner.calls.values {
            let end = active.isCancelled ? active.deadline + PusherLimits.cancelTime : active.deadline
            next = min(next, end)
            for held in active.held { next = min(next, held.until) }
        }
        return next
    }

    private func endLateCalls() {
        let now = ContinuousClock.now
        endClosing(at: now)
        guard let runner else { return }
        if now >= runner.nextCount, !settings.admitted.grants.programs {
            guard runner.threads ?? 0 <= PusherLimits.threads else {
                return lose { _ in "it had more than \(PusherLimits.threads) threads, and was ended" }
            }
        }
        if now >= runner.nextCount { runner.nextCount = now + PusherLimits.threadsInterval }
        if runner.stage != .ready {
            if now >= runner.startDeadline {
                lose { _ in "it did not open within \(PusherLimits.openTime.components.seconds) s" }
            }
            return
        }
        if runner.calls.isEmpty, now >= runner.idleSince + Self.idleLimit || hasHadPairsLongEnough(runner) {
            self.runner = nil
            retire(runner)
            client?.stop()
            client = nil
            return
        }
        if runner.backlog > PusherLimits.backlog {
            return lose { _ in "it does not take the answers that it asked for" }
        }
        for (id, active) in runner.calls where now >= active.deadline {
            if !active.isCancelled {
                active.isCancelled = true
                cancelRequests(of: active)
                runner.send(.cancel, call: id)
            } else if now >= active.deadline + PusherLimits.cancelTime {
                return lose { _ in "it did not answer in time, nor stop when told to" }
            }
        }
    }

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

    private func failStart(_ message: String) {
        _ = runner?.end()
        runner = nil
        tellStarters(.failed(message))
        failQueue(CallReport(.unknown, message))
    }

    private func refuse(_ message: String) {
        _ = runner?.end()
        runner = nil
        let message = CallReport.oneLine(message, redactor)
        refusal = CallReport(.invalidConfig, message)
        tellStarters(.refused(message))
        failQueue(CallReport(.invalidConfig, message))
    }

    private func tellStarters(_ start: PusherHost.Start) {
        starters.forEach { $0(start) }
        starters = []
    }

    /// Whoever waits is not begun any more.
    func drain() { failQueue(nil) }

    private func failQueue(_ report: CallReport?) {
        queue.forEach { $0.completion(report) }
        queue = []
    }

    // MARK: Its own connections

    /// The client of this pusher alone.
    var http: HTTPClient {
        if let client { return client }
        var options = loop.http
        options.responseRoom = PusherLimits.responseRoom
        let made = HTTPClient(options)
        client = made
        return made
    }

    private func cancelRequests(of active: ActiveCall) {
        guard let client else { return }
        active.requests.values.compactMap(\.ticket).forEach { client.cancel($0) }
    }

    /// Whether more may be read from its process: what it asked for is on its way, and it takes the answers.
    var isListening: Bool {
        guard let runner else { return false }
        return inFlight.bytes < PusherLimits.requestBytesAtOnce && runner.backlog < PusherLimits.backlogBeforePause
    }

    var hasBacklog: Bool { runner.map { $0.backlog > 0 } ?? false }

    func stop() {
        client?.stop()
        client = nil
        guard let runner else { return }
        self.runner = nil
        retire(runner)
        let report = CallReport(.unknown, "keyturn stopped before \(settings.name) had answered")
        runner.calls.values.forEach { finish($0, report) }
        failQueue(nil)
    }
}
