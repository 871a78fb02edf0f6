internal import Configuration
internal import Engine
internal import HTTP
internal import Journal
internal import Notifications
internal import PusherHost
internal import Rotation

/// Opens what work needs, has it done, and tells how it ended.
struct RotationRun {
    let workspace: Workspace
    let log: EventLog
    /// Where the time goes, if somebody asks.
    let timings: Timings?

    init(_ workspace: Workspace, timings: Timings? = nil) throws {
        self.workspace = workspace
        self.timings = timings
        log = EventLog(workspace.options)
    }

    /// How long the end of a command waits for notifications: one try of a slow receiver.
    static let longestFarewell: Duration = .seconds(10)
    /// How long it waits where somebody wants it to stop.
    static let hastyFarewell: Duration = .seconds(2)

    /// What is open while work goes on.
    struct OpenServices: Sendable {
        let engine: Engine
        let users: [ManagedUser]
        /// What those who were left alone lead to.
        let status: ExitStatus
        let host: PusherHost
        let http: HTTPClients
        let notifier: Notifier?

        func close(isHasty: Bool = false) async {
            async let farewell: Void? = notifier?.close(
                within: isHasty ? RotationRun.hastyFarewell : RotationRun.longestFarewell)
            await host.stop()
            await farewell
            http.stop()
        }
    }

    /// Opens journal, pushers and AWS; whatever is wrong with them is told before anything is changed.
    ///
    /// - Parameter watch: is told what happens, beside the log.
    func open(
        for users: [ConfiguredUser], display: Display? = nil, watch: (@Sendable (RotationProgress) -> Void)? = nil
    ) async throws -> OpenServices {
        let http = try workspace.makeHTTP()
        do { return try await open(for: users, http, display, watch) } catch {
            http.stop()
            throw error
        }
    }

    private func open(
        for users: [ConfiguredUser], _ http: HTTPClients, _ display: Display?,
        _ watch: (@Sendable (RotationProgress) -> Void)?
    ) async throws -> OpenServices {
        let host = try workspace.makeHost(http, log, for: users)
        let accounts = workspace.makeAccounts(http, log)
        let destinations = try workspace.destinations()
        var journal: any Journal
        let notifier: Notifier?
        let permitted: (users: [ConfiguredUser], status: ExitStatus)
        do {
            let started = timings?.begin("start of pushers")
            try await workspace.start(host, log, for: users)
            started?()
            // Last, since it makes the state where there is none: what is wrong with the rest changes nothing.
            let state = try await workspace.openJournal()
            journal = state
            permitted = try await workspace.permitted(users, accounts, log)
            notifier = try await workspace.makeNotifier(destinations, state, http, log, for: users)
        } catch {
            await host.stop()
            throw error
        }
        let guarded = workspace.neighbourWatch(host, permitted.users, accounts)
        var pushers: any PushService = guarded
        var managed = workspace.manage(permitted.users, accounts)
        let phases = timings.map { PhaseTimes($0) }
        if let timings {
            journal = TimedJournal(journal: journal, timings: timings)
            pushers = TimedPushers(pushers: guarded, timings: timings)
            for index in managed.indices {
                managed[index].keys = TimedKeys(keys: managed[index].keys, timings: timings)
            }
        }
        let engine = Engine(journal: journal, pushers: pushers) { [log] progress in
            phases?.take(progress)
            watch?(progress)
            notifier?.take(progress.user, progress.rotation)
            if let display { display.show(progress) } else { log.write(progress) }
        }
        return OpenServices(
            engine: engine, users: managed, status: permitted.status, host: host, http: http, notifier: notifier)
    }

    /// Works on users, prints where they stand, and throws the exit status unless all is done.
    ///
    /// - Parameter status: what went before led to.
    func work(
        on users: [ConfiguredUser], requests: [Event.Request] = [], extent: Extent = .due, isLive: Bool,
        after status: ExitStatus = .done
    ) async throws {
        try await workspace.checkState()
        let due = requests.isEmpty ? try await dueUsers(users) : users
        var outcomes: [UserOutcome] = []
        var counts = HTTPClient.Counts()
        var status = status
        if due.isEmpty {
            try await tellOwed(of: users)
        } else {
            let display = Display(workspace.options, log, isLive: isLive)
            let crew = try await open(for: due, display: display)
            outcomes = await display.during { await interruptible(crew, requests, extent) }
            await crew.close(isHasty: outcomes.contains { $0.end == .stopped })
            counts = crew.http.counts
            status = status.worse(crew.status)
        }
        // Whoever has ordered it knows.
        let ordered: Problem.Code? =
            requests.contains(.rollback)
            ? .rolledBack : requests.contains { $0.name == "revoke" && $0.key != nil } ? .unaccountedKey : nil
        try await report(users, outcomes, ordered, timings.map { TimingsDocument($0, counts) }, status)
    }

    /// With nothing to do there may still be something to tell, such as what could not be told before.
    private func tellOwed(of users: [ConfiguredUser]) async throws {
        let destinations = try workspace.destinations()
        guard !destinations.isEmpty, !users.isEmpty else { return }
        let http = try workspace.makeHTTP()
        defer { http.stop() }
        let journal = try await workspace.openJournal()
        await (try await workspace.makeNotifier(destinations, journal, http, log, for: users))?.close(
            within: Self.longestFarewell)
    }

    /// Ctrl-C, a terminal that is closed, and a service manager's SIGTERM begin nothing more, and let what is under way end.
    private func interruptible(
        _ crew: OpenServices, _ requests: [Event.Request], _ extent: Extent
    ) async -> [UserOutcome] {
        let task = Task { await crew.engine.work(on: crew.users, requests: requests, extent: extent) }
        let signals = Signals(staysUp: false) { [log] _ in
            log.warn("stopping: what is under way has a few seconds to end; a second signal ends it at once")
            crew.host.drain()
            task.cancel()
        }
        defer { signals.end() }
        return await task.value
    }

    /// Only they cost a start of pushers, or a request to AWS.
    private func dueUsers(_ users: [ConfiguredUser]) async throws -> [ConfiguredUser] {
        let records = try await workspace.readJournal().records()
        let now = SystemClock().now
        return users.filter { user in
            guard let rotation = records[user.name]?.rotation else { return true }
            let requirements = UserRequirements(policy: user.policy, targets: user.targets.map(\.name))
            return rotation.isWorkDue(at: now, requirements: requirements, isAsked: true)
        }
    }

    private func report(
        _ users: [ConfiguredUser], _ outcomes: [UserOutcome], _ ordered: Problem.Code?, _ timings: TimingsDocument?,
        _ before: ExitStatus
    ) async throws {
        outcomes.forEach { Self.tell($0, log) }
        if !workspace.options.json, let timings {
            StandardStream.error.write(timings.text(Terminal(workspace.options)))
        }
        if workspace.options.json {
            try JSONOutput.print(StatusDocument(users: try await lines(users), timings: timings))
        } else if !workspace.options.quiet {
            let terminal = Terminal(workspace.options)
            let worked = Set(outcomes.map(\.user))
            if worked.isEmpty {
                terminal.write(
                    workspace.users.isEmpty
                        ? "\(workspace.configuration.file) has no users yet: fill in `users`.\n"
                        : users.isEmpty ? "There is nothing to do.\n" : "Nothing is due.\n")
            }
            let shown = try await lines(users.filter { worked.contains($0.name) })
            terminal.write(
                StatusOverview(users: shown, terminal: terminal, isVerbose: workspace.options.verbose).text)
        }
        let status = outcomes.map { Self.status($0, ordered: ordered) }.reduce(before) { $0.worse($1) }
        if status != .done { throw FinishedWith(status: status) }
    }

    private func lines(_ users: [ConfiguredUser]) async throws -> [StatusDocument.User] {
        guard !users.isEmpty else { return [] }
        let now = SystemClock().now
        let records = try await workspace.readJournal().records()
        return users.map { StatusDocument.User($0, records[$0.name]?.rotation ?? Rotation(at: now), at: now) }
    }

    /// Says what an outcome's rotation does not: that it was not worked on.
    static func tell(_ outcome: UserOutcome, _ log: EventLog) {
        for refusal in outcome.refusals {
            log.fail("\(outcome.user): \(refusal.reason.naming(outcome.user)). Nothing was changed.")
        }
        switch outcome.end {
        case .rested, .stopped: break
        case .busy(let words): log.warn("\(outcome.user): \(words)")
        case .journalFailed(let words):
            log.fail("\(outcome.user): the state cannot be written: \(words). Nothing more was done for this user.")
        }
    }

    /// - Parameter ordered: a state that is what was wanted.
    static func status(_ outcome: UserOutcome, ordered: Problem.Code? = nil) -> ExitStatus {
        let orders = outcome.refusals.map { $0.isTemporary ? ExitStatus.unfinished : .failed }
        // A leaked key that is not dead yet was not dealt with, whatever else there is to say.
        let isLeaking = outcome.rotation.map { !$0.leaks.isEmpty } ?? true
        if orders.isEmpty, outcome.end == .rested, let ordered, outcome.rotation?.problem?.code == ordered,
            ordered == .rolledBack || !isLeaking
        {
            return .done
        }
        return orders.reduce(standing(outcome)) { $0.worse($1) }
    }

    private static func standing(_ outcome: UserOutcome) -> ExitStatus {
        switch outcome.end {
        case .busy, .stopped: .unfinished
        case .journalFailed: .failed
        case .rested: outcome.rotation.map(standing) ?? .failed
        }
    }

    /// What a user as it stands leads to.
    static func standing(_ rotation: Rotation) -> ExitStatus {
        switch rotation.problem?.code {
        case .denied: return .notAllowed
        case .unreachable: return .unavailable
        case .unaccountedKey, .currentKeyUnusable, .wrongIdentity, .creationFails, .noSuchUser, .refused,
            .drifted, .targetLeft, .rolledBack:
            return .failed
        case .currentKeyGone, .targetRefuses, .targetUnreadable, .stillUsed: return .unfinished
        case .notSpread, nil: break
        }
        switch rotation.phase {
        case .creating, .verifying, .delivering: return .unfinished
        case .overlap where rotation.hasOpenDeliveries: return .unfinished
        case .idle, .overlap, .soak, .deleting: return .done
        }
    }
}

/// The command did its work and has told of it; only the exit status is left.
struct FinishedWith: Error {
    var status: ExitStatus
}
