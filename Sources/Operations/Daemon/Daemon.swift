internal import CLinux
internal import Configuration
internal import Engine
internal import Journal
internal import Notifications
internal import PusherHost
internal import Rotation

/// `keyturn run`: a scheduler that stays up, with a configuration that can be read again.
package struct Daemon {
    /// How often users of `discover` are looked for.
    private static let discoveryInterval: Duration = .seconds(900)
    /// How often the files of pushers' secrets are looked at: Kubernetes and Vault's agents renew tokens in place.
    private static let secretInterval: Duration = .seconds(30)

    private let context: OperationContext
    private let notifier: ServiceNotifier
    private let listening: ListenRequest
    private let orders: AsyncStream<DaemonCommand>
    private let give: AsyncStream<DaemonCommand>.Continuation

    private var log: EventLog { context.log }
    private var clock: any EngineClock { context.clock }

    package init(_ context: OperationContext, _ listening: ListenRequest) {
        self.context = context
        self.listening = listening
        notifier = ServiceNotifier(environment: context.environment)
        (orders, give) = AsyncStream.makeStream(of: DaemonCommand.self, bufferingPolicy: .bufferingNewest(64))
    }

    /// Gives it an order, as signals do.
    func take(_ order: DaemonCommand) { give.yield(order) }

    /// Runs until it is asked to end.
    package func run() async throws {
        let (loaded, state) = try await read()
        let server = StatusServer(loaded)
        try server.start(on: try listening.address(loaded.configuration), log)
        defer { server.stop() }
        // Before anything is begun, so that nothing in progress is cut off.
        let signals = Signals(staysUp: true) { take($0) }
        defer { signals.end() }
        var active = begin(try await open(loaded, state, server), server)
        let life = Task { [notifier, clock] in
            await Watchdog(notifier: notifier, pulse: server.pulse, clock: clock).run()
        }
        let looking = Task { [give, clock] in
            while !Task.isCancelled {
                await clock.sleep(for: Self.discoveryInterval)
                give.yield(.look)
            }
        }
        // One at a time, in parallel with the loop: AWS may take its time, and whoever wants to stop does not wait for it.
        var renewing: Task<Void, Never>?
        var isReloadAsked = false
        defer {
            life.cancel()
            looking.cancel()
            renewing?.cancel()
        }
        tellRunning(active)
        warnOfSecondRun(active)
        for await order in orders {
            switch order {
            case .stop:
                notifier.stopping()
                log.tell("stopping: work in progress has a few seconds to end")
                try await active.end()
                return log.tell("stopped")
            case .ended: return try await active.end()
            case .reload: isReloadAsked = true
            case .look where renewing == nil:
                renewing = Task { [active] in give.yield(.renewed(await lookAgain(server, active))) }
            case .look: break
            case .renewed(let next):
                renewing = nil
                guard let next else { break }
                do { try await active.end() } catch {
                    log.warn("the configuration before ended with: \(OperationFailure.words(error))")
                }
                let change = ReloadChange(from: active.loaded.users, to: next.loaded.users)
                active = begin(next, server)
                tellRunning(active, after: change)
            }
            if isReloadAsked, renewing == nil {
                isReloadAsked = false
                renewing = Task { [active] in give.yield(.renewed(await reload(server, active))) }
            }
        }
    }

    // MARK: Configurations

    private func read() async throws -> (LoadedConfiguration, StateAccess) {
        var (loaded, state) = try await LoadedConfiguration.recalled(context, for: .working)
        _ = try await loaded.discover(keptIn: state)
        guard !loaded.users.isEmpty else {
            let found = loaded.configuration.discover.isEmpty ? "" : ", and `discover` found none"
            throw OperationFailure(.configuration, "\(loaded.file) has no users\(found)")
        }
        return (loaded, state)
    }

    /// After SIGHUP. A configuration that cannot be used is reported, and changes nothing.
    ///
    /// - Returns: nil where it cannot be used.
    private func reload(_ server: StatusServer, _ active: ActiveConfiguration) async -> DaemonCommand.Opened? {
        notifier.reloading()
        do {
            let (loaded, state) = try await read()
            let opened = try await openNext(loaded, state, server, active)
            server.take(configuration: nil)
            return opened
        } catch {
            let words = OperationFailure.words(error)
            refuse(words)
            server.take(configuration: words)
            active.opened.services.notifier?.take(configuration: words)
            return nil
        }
    }

    /// - Returns: nil where the same users were found, with the same targets.
    private func lookAgain(_ server: StatusServer, _ active: ActiveConfiguration) async -> DaemonCommand.Opened? {
        var loaded = active.loaded
        guard !loaded.configuration.discover.isEmpty else { return nil }
        do { _ = try await loaded.discover(keptIn: active.state) } catch {
            log.warn(Sentences.joined(OperationFailure.words(error), "Users stay as they are"))
            return nil
        }
        let isSame = loaded.users.elementsEqual(active.loaded.users) { now, before in
            (now.name, now.policy) == (before.name, before.policy) && now.targets == before.targets
        }
        guard !isSame else { return nil }
        do { return try await openNext(loaded, active.state, server, active) } catch {
            refuse(OperationFailure.words(error))
            return nil
        }
    }

    private func refuse(_ words: String) {
        log.fail(
            Sentences.joined(words, "The former configuration stays in force"), LogLine.Fields(code: "configuration"))
        notifier.ready("the new configuration was refused; the old one stays in force")
    }

    /// Opens everything for the next configuration before the work by the present one ends, so that one that cannot be opened changes
    /// nothing.
    private func openNext(
        _ loaded: LoadedConfiguration, _ state: StateAccess, _ server: StatusServer, _ active: ActiveConfiguration
    ) async throws -> DaemonCommand.Opened {
        if (try? listening.address(loaded.configuration)) != server.address {
            log.warn("`listen` takes effect when keyturn is restarted")
        }
        return try await open(loaded, state, server)
    }

    private func open(
        _ loaded: LoadedConfiguration, _ state: StateAccess, _ server: StatusServer
    ) async throws -> DaemonCommand.Opened {
        // Before they are read, so that no change is missed.
        let secretFiles = SecretFiles(of: loaded.pushers)
        let services = try await ServiceFactory(loaded).open(for: loaded.users, state) { [log] progress in
            server.take(progress)
            log.write(progress)
        }
        return DaemonCommand.Opened(loaded: loaded, state: state, services: services, secretFiles: secretFiles)
    }

    // MARK: Work

    /// One configuration at work.
    private struct ActiveConfiguration {
        let opened: DaemonCommand.Opened
        let scheduling: Task<Void, any Error>
        /// Says to other workers on the same state that this one is up.
        let announcing: Task<Void, Never>?
        /// Looks whether secrets were renewed.
        let watching: Task<Void, Never>?

        var loaded: LoadedConfiguration { opened.loaded }
        var state: StateAccess { opened.state }

        /// Begins nothing more, lets the work in progress end, and closes.
        func end() async throws {
            let services = opened.services
            services.host.drain()
            watching?.cancel()
            scheduling.cancel()
            let result = await scheduling.result
            announcing?.cancel()
            await announcing?.value
            await services.close(isHasty: true)
            try result.get()
        }
    }

    private func begin(_ opened: DaemonCommand.Opened, _ server: StatusServer) -> ActiveConfiguration {
        let services = opened.services
        server.show(opened.loaded, services)
        services.notifier?.take(configuration: server.refusal)
        let scheduler = Scheduler(engine: services.engine, users: services.users, pulse: server.pulse)
        let scheduling = Task { [give, log] in
            defer { if !Task.isCancelled { give.yield(.ended) } }
            // Pages of the program that a sleeping process does not need belong to others meanwhile.
            try await scheduler.run(
                turn: { isIdle in if isIdle { kt_release_memory() } },
                trouble: { error in
                    guard let error else { return log.tell("the state can be read again") }
                    log.warn(
                        Sentences.joined(
                            "the state cannot be read: \(error.description)", "Nothing new is begun until it can"))
                }, report: { RotationRun.tell($0, log) })
        }
        let announcing =
            services.journal.isShared ? Task { await announce(services, server.pulse) } : nil
        let watching = opened.secretFiles.isEmpty ? nil : Task { await watch(opened.secretFiles) }
        return ActiveConfiguration(
            opened: opened, scheduling: scheduling, announcing: announcing, watching: watching)
    }

    /// Until the task is cancelled. A change is taken up as with SIGHUP.
    private func watch(_ files: SecretFiles) async {
        var files = files
        while !Task.isCancelled {
            await clock.sleep(for: Self.secretInterval)
            guard !Task.isCancelled, let changed = files.changed() else { continue }
            log.tell("\(changed) has changed: reading the configuration and its secrets again")
            give.yield(.reload)
        }
    }

    /// Until the task is cancelled.
    private func announce(_ services: OpenServices, _ pulse: Pulse) async {
        let journal = services.journal
        let since = clock.now.milliseconds
        do throws(JournalError) {
            if let concern = try await journal.concern() { log.warn("\(concern). \(Self.safety)") }
        } catch { log.warn("it is unknown what the state's server may lose: \(error.description)") }
        var isHeard = true
        while !Task.isCancelled {
            do throws(JournalError) {
                try await journal.announce(FleetWorker(version: context.version, since: since, users: pulse.users))
                isHeard = true
                let asked = clock.uptime
                if let time = try await journal.time() { services.clock.note(time, asked: asked) }
            } catch {
                if isHeard { log.warn("`status` does not show this worker for now: \(error.description)") }
                isHeard = false
            }
            await clock.sleep(for: FleetWorker.interval)
        }
        do throws(JournalError) { try await journal.withdraw() } catch {
            log.warn("`status` shows this worker for a while still: \(error.description)")
        }
    }

    /// A state in a file is for one process as a rule; leases keep two apart.
    private func warnOfSecondRun(_ active: ActiveConfiguration) {
        guard let file = active.loaded.configuration.state.file, let other = OtherProcess.running(on: file) else {
            return
        }
        log.warn(
            "another `keyturn run` (process \(other.process)) uses \(file) too: each user is worked on by one of them at a time, and one of "
                + "them is enough")
    }

    /// What is done about a server that may lose what it has confirmed.
    private static let safety = "After a switch keyturn asks IAM, and stops where it does not know what was done"

    /// - Parameter change: what is different from the configuration before; nil: it has just started.
    private func tellRunning(_ active: ActiveConfiguration, after change: ReloadChange? = nil) {
        let count = active.loaded.users.count
        let words = "running: \(count) user\(count == 1 ? "" : "s")"
        log.tell(
            change.map { "read the configuration again: \($0.words); \(words)" }
                ?? "\(words); stop with SIGTERM or Ctrl-C, reload the configuration with SIGHUP")
        notifier.ready(words)
    }
}
