internal import HTTP
internal import Rotation
internal import RunnerProtocol
internal import Secrets

/// One pusher: its queue, and the runner that serves it, replaced when it dies. Only the loop's thread touches it.
final class PusherSession {
    /// Calls that may wait.
    private static let queueLimit = 16_384
    /// How long a runner takes new calls once it has seen a pair. After that another takes its place, and the pairs are
    /// forgotten: a pusher that is never idle would keep those of rotations that are long over.
    private static let pairLimit: Duration = .seconds(900)
    /// How long a question that writes nothing waits for a service that has asked for a pause.
    private static let longestQuestionWait: Duration = .seconds(60)

    let settings: PusherSettings
    var runner: RunnerProcess? {
        didSet { if runner == nil { known.forgetPairs() } }
    }
    /// Runners that are asked to close.
    var closing: [ClosingRunner] = []
    unowned let loop: RunnerLoop
    let places: ActiveSerialGroups
    let pace: Pace
    /// Sends its requests, over connections that no one else uses; nil: it has made none yet.
    private var client: HTTPClient?
    /// Requests that are sent and not answered, and their bytes: those of calls that have ended, too.
    var inFlight = (requests: 0, bytes: 0)
    var requestsThisHour = HourlyCount(limit: PusherLimits.requestsPerHour)
    var requestBytesThisHour = HourlyCount(limit: PusherLimits.requestBytesPerHour)
    var linesThisHour = HourlyCount(limit: PusherLimits.linesPerHour)
    var lineBytesThisHour = HourlyCount(limit: PusherLimits.lineBytesPerHour)
    var refusalLinesThisHour = HourlyCount(limit: PusherLimits.refusalLinesPerHour)
    var nuisancesThisHour = HourlyCount(limit: PusherLimits.nuisancesPerHour)
    private var startsThisHour = HourlyCount(limit: PusherLimits.startsPerHour)
    /// When a push may begin that the service's limits hold back.
    var nextPush: ContinuousClock.Instant?
    private var known: KnownSecrets
    var queue: [PusherCall] = []
    var starters: [@Sendable (PusherHost.Start) -> Void] = []
    private var nextCall: UInt32 = 1
    /// Why this pusher can never work.
    var refusal: CallReport?
    /// Calls that one runner has at a time.
    private let parallel: Int
    /// Targets that were being called when the process was lost. Any of them may be the one that kills it, so each is called
    /// alone until a call of it has ended.
    var suspects: Set<TargetName> = []
    /// The key that the service last confirmed at each target, as far as the host saw it.
    var written: [TargetName: String] = [:]
    /// Whether it may do more than ask the host for requests. What it does by itself the host does not see.
    let isTrusted: Bool
    /// Whether it came with keyturn, and does by itself no more than reading and writing files: what it read back is believed.
    let isOwn: Bool
    let identity: PluginIdentity

    /// Takes secrets that it knows out of its texts.
    var redactor: Redactor { known.redactor }

    init(_ settings: PusherSettings, loop: RunnerLoop, places: ActiveSerialGroups, pace: Pace) {
        self.settings = settings
        self.loop = loop
        self.places = places
        self.pace = pace
        known = KnownSecrets(own: settings.secrets)
        let manifest = settings.plugin.manifest
        identity = PluginIdentity(id: manifest.id, version: manifest.version, sha256: settings.admitted.library.hash)
        let grants = settings.admitted.grants
        isTrusted = grants.network || grants.programs || !grants.writable.isEmpty || !grants.readable.isEmpty
        isOwn = settings.admitted.isOwn && !grants.network && !grants.programs
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
            // Alone, as any suspect, but as soon as those in progress have ended.
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
            let (isFinishing, timeout) = (queue[index].question.isFinishing, queue[index].timeout)
            switch pace.reserve(isFinishing: isFinishing, timeout: timeout, at: .now) {
            case .success(let reservation): hand(queue.remove(at: index), reservation, to: runner)
            case .failure(let wait):
                places.release(place(of: queue[index]))
                nextPush = wait.until
                return endQuestions(that: wait)
            }
        }
    }

    func hasHadPairsLongEnough(_ runner: RunnerProcess) -> Bool {
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

    func place(of call: PusherCall) -> String? {
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
        case .below:
            kind = .below
            // A plugin knows its scopes without the pusher's name.
            operation.target = String(call.target.name.rawValue.dropFirst(settings.name.utf8.count + 1))
        case .push(let pair, _):
            kind = .push
            operation.accessKeyID = pair.id.rawValue
            secrets = [pair.secret]
            known.remember(pair.secret)
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

    // MARK: Connections

    /// The client of this pusher alone.
    var http: HTTPClient {
        if let client { return client }
        var options = loop.http
        options.responseRoom = PusherLimits.responseRoom
        let made = HTTPClient(options)
        client = made
        return made
    }

    func closeConnections() {
        client?.stop()
        client = nil
    }

    func cancelRequests(of active: ActiveCall) {
        active.requests.values.forEach { $0.cancel?() }
    }

    /// Whether more may be read from its process: what it asked for is on its way, and it takes the answers.
    var isListening: Bool {
        guard let runner else { return false }
        return inFlight.bytes < PusherLimits.requestBytesAtOnce && runner.backlog < PusherLimits.backlogBeforePause
    }

    var hasBacklog: Bool { runner.map { $0.backlog > 0 } ?? false }
}
