internal import Configuration
internal import Engine
internal import Journal
internal import Notifications
internal import PusherHost
internal import Rotation

/// What is open while users are worked on.
struct OpenServices: Sendable {
    /// How long the end of a command waits for notifications: one try of a slow receiver.
    static let longestFarewell: Duration = .seconds(10)
    /// How long it waits where a person or a service manager wants it to stop.
    static let hastyFarewell: Duration = .seconds(2)

    let engine: Engine
    let journal: StoredJournal
    /// The time that rotations go by.
    let clock: SharedClock
    let users: [ManagedUser]
    /// What those who were left alone lead to.
    let status: ExitStatus
    let host: PusherHost
    let http: HTTPClients
    let notifier: Notifier?

    func close(isHasty: Bool = false) async {
        async let farewell: Void? = notifier?.close(within: isHasty ? Self.hastyFarewell : Self.longestFarewell)
        await host.stop()
        await farewell
        http.stop()
    }
}

extension ServiceFactory {
    /// Opens pushers, state and AWS; whatever is wrong with them is reported before anything is changed.
    ///
    /// - Parameters:
    ///   - timings: where the time goes, if it is asked for.
    ///   - stopPatience: how long the work waits for what is in progress, once it is to stop.
    ///   - warn: gets a refusal of a target at once; nil: the log does.
    ///   - observe: gets what happens, as it happens, from any thread.
    func open(
        for users: [ConfiguredUser], _ state: StateAccess, timings: Timings? = nil,
        stopPatience: Duration = Engine.stopPatience, warn: (@Sendable (String, LogLine.Fields) -> Void)? = nil,
        observe: @escaping @Sendable (RotationProgress) -> Void
    ) async throws -> OpenServices {
        let http = try makeHTTP()
        let warn = warn ?? { [log = loaded.log] in log.warn($0, $1) }
        do { return try await open(for: users, state, http, timings, stopPatience, warn, observe) } catch {
            http.stop()
            throw error
        }
    }

    private func open(
        for users: [ConfiguredUser], _ state: StateAccess, _ http: HTTPClients, _ timings: Timings?,
        _ stopPatience: Duration, _ warn: @escaping @Sendable (String, LogLine.Fields) -> Void,
        _ observe: @escaping @Sendable (RotationProgress) -> Void
    ) async throws -> OpenServices {
        let host = try await makeHost(http, for: users, sharing: state)
        let accounts = makeAccounts(http)
        let destinations = try await destinations()
        var journal: any Journal
        let opened: StoredJournal
        let notifier: Notifier?
        let clock = SharedClock(loaded.context.clock)
        let permitted: (users: [ConfiguredUser], status: ExitStatus)
        do {
            let started = timings?.begin("start of pushers")
            try await start(host, for: users)
            started?()
            // Last, since it makes the state where there is none: what is wrong with the rest changes nothing.
            let stored = try await state.open()
            journal = stored
            opened = stored
            tell(try await Self.set(clock, by: stored))
            permitted = try await OwnKeyRule(loaded).permitted(users, accounts)
            notifier = try await makeNotifier(destinations, stored, http)
        } catch {
            await host.stop()
            throw error
        }
        let guarded = RefusalNotices(
            makeNeighbourWatch(host, permitted.users, accounts), of: permitted.users, opened, warn)
        var pushers: any PushService = guarded
        var managed = manage(permitted.users, accounts)
        let phases = timings.map { PhaseTimes($0) }
        if let timings {
            journal = TimedJournal(journal: journal, timings: timings)
            pushers = TimedPushers(pushers: guarded, timings: timings)
            for index in managed.indices {
                managed[index].keys = TimedKeys(keys: managed[index].keys, timings: timings)
            }
        }
        let engine = Engine(
            journal: journal, pushers: pushers, clock: clock,
            usersAtOnce: loaded.configuration.usersAtOnce ?? Engine.usersAtOnce, stopPatience: stopPatience
        ) { progress in
            phases?.take(progress)
            notifier?.take(progress.user, progress.rotation)
            observe(progress)
        }
        return OpenServices(
            engine: engine, journal: opened, clock: clock, users: managed, status: permitted.status, host: host,
            http: http,
            notifier: notifier)
    }

    /// Asks the state's server for the time.
    ///
    /// - Returns: by how much this machine's clock is ahead of it; nil: there is no server.
    static func set(_ clock: SharedClock, by journal: StoredJournal) async throws -> Duration? {
        let asked = clock.uptime
        do throws(JournalError) {
            return try await journal.time().map { clock.note($0, asked: asked) }
        } catch { throw OperationFailure(error) }
    }

    private func tell(_ ahead: Duration?) {
        guard let ahead, ahead > .seconds(60) || ahead < .seconds(-60) else { return }
        let difference = DurationText.text(max(ahead, .zero - ahead))
        log.warn(
            "this machine's clock is \(difference) \(ahead > .zero ? "ahead of" : "behind") that of the state's server; rotations go by the server's"
        )
    }
}
